import { join } from "node:path";
import { codexBinary, ROOT } from "../test/kit/lab.ts";
import { compare, type Sides } from "./compare.ts";
import type { Context } from "./context.ts";
import type { Row } from "./row.ts";
import { runProcess } from "./run-process.ts";
import { HELLO } from "./world.ts";

/** So many times may the native `codex --version` run in the time that the doctor has beside its canary. */
const VERSIONS = 20;

/** The doctor without its self-test, against what its goal is made of: many `codex --version` and one command in the sandbox. */
export async function measureDoctor(context: Context): Promise<Row[]> {
  const { world } = context;
  const codex = codexBinary();
  const doctor = [process.execPath, join(ROOT, "scripts", "codex_doctor.mjs"), "--quiet"];
  const sandboxed = [codex, "sandbox", "-P", ":read-only", "--", "true"];
  world.lab.model.script(HELLO);
  const time = async (argv: readonly string[]) => (await runProcess(world, argv)).ms;
  const sides: Sides = {
    ours: () => time(doctor),
    async theirs() {
      let ms = await time(sandboxed);
      for (let at = 0; at < VERSIONS; at++) ms += await time([codex, "--version"]);
      return ms;
    },
  };
  return [
    await compare(context, `codex_doctor / ${VERSIONS} × codex --version + one sandboxed command`, 1, sides),
    await compare(context, "codex_doctor / node -e 0", undefined, {
      ours: sides.ours,
      theirs: () => time(world.argv.node),
    }),
  ];
}
