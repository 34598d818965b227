import { realpathSync } from "node:fs";
import { delimiter } from "node:path";
import { messageOf } from "../core/errors.ts";
import { type CodexCommand, findCodex } from "../engine/find-codex.ts";
import { insideCodex } from "../gate/inside-codex.mjs";
import { attempt } from "../sys/files.ts";
import { askCodex } from "./ask-codex.ts";
import { askCodexVersion } from "./ask-codex-version.ts";
import { type Check, finding, type Outcome, ok, type World } from "./check.ts";

const INSTALL = "npm install -g @openai/codex@latest";
/** More than these on one PATH are not asked. */
const MAX_OTHERS = 4;

/** Which program runs would start, whether it answers, and whether it is as new as they need it. */
export const checkCodex: Check = {
  id: "codex",
  title: "Codex",
  async run(world) {
    const { env } = world;
    let codex: CodexCommand;
    try {
      codex = findCodex(env);
    } catch (error) {
      return finding("fail", messageOf(error), env.ASK_CODEX_BIN ? "unset ASK_CODEX_BIN" : INSTALL);
    }
    const where = codex.native ? `native, ${codex.command}` : `a wrapper, ${[codex.command, ...codex.args].join(" ")}`;
    if (insideCodex(env)) return ok(`${where} (not started inside Codex)`);
    const [answered, hasServer, others] = await Promise.all([
      askCodexVersion(world, codex),
      hasAppServer(codex, world),
      otherVersions(codex, world),
    ]);
    if ("why" in answered) return finding("fail", `${where} does not work: ${answered.why}`, INSTALL);
    const { version } = answered;
    if (!hasServer)
      return finding("warn", `${version} has no app-server, so runs can't be asked or steered (${where})`, INSTALL);
    const differing = others.filter((other) => other.version !== version);
    return judgeOthers(`${version}, ${where}`, differing, env);
  },
};

interface Other {
  path: string;
  version: string;
}

function judgeOthers(detail: string, others: readonly Other[], { ASK_CODEX_BIN: named }: NodeJS.ProcessEnv): Outcome {
  if (others.length === 0) return ok(detail);
  const list = others.map(({ path, version }) => `${version} at ${path}`).join(", ");
  // Whoever names one means it.
  if (named) return ok(`${detail} (ASK_CODEX_BIN; on PATH there is ${list})`);
  return finding("warn", `${detail}; PATH has another one: ${list}`, "which -a codex");
}

const hasAppServer = async (codex: CodexCommand, world: World): Promise<boolean> =>
  (await askCodex(world, ["app-server", "--help"], codex)).exitCode === 0;

/** What other folders of PATH have, as far as it answers. */
async function otherVersions(codex: CodexCommand, world: World): Promise<Other[]> {
  const dirs = [...new Set((world.env.PATH ?? world.env.Path ?? "").split(delimiter).filter(Boolean))];
  const found = dirs.flatMap((dir) => attempt(() => findCodex({ PATH: dir })) ?? []);
  const key = (one: CodexCommand) => [one.command, ...one.args].map((path) => real(path)).join("\n");
  const others = new Map(found.map((one) => [key(one), one]));
  others.delete(key(codex));
  const asked = [...others.values()].slice(0, MAX_OTHERS).map(async (one) => {
    const answered = await askCodexVersion(world, one);
    return "version" in answered ? [{ path: one.args[0] ?? one.command, version: answered.version }] : [];
  });
  return (await Promise.all(asked)).flat();
}

const real = (path: string): string => attempt(() => realpathSync(path)) ?? path;
