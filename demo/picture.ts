// Makes assets/demo.svg from a real run of the demo:  node --import tsx demo/picture.ts
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { call } from "./call.ts";
import { parseAnsi } from "./picture/ansi.ts";
import { drawTerminal } from "./picture/svg.ts";
import { ROOT, shown } from "./shown.ts";

const COLUMNS = 108;
const TARGET = join(ROOT, "assets", "demo.svg");

const { code, stdout } = await call({
  command: process.execPath,
  args: ["--import", "tsx", join(ROOT, "demo", "demo.ts")],
  cwd: ROOT,
  env: { ...process.env, FORCE_COLOR: "1", NO_COLOR: "" },
  signal: new AbortController().signal,
});
if (code !== 0) throw new Error(`the demo ended with exit code ${code}:\n${stdout}`);

const text = `\x1b[32m$\x1b[39m \x1b[1mnpm run demo\x1b[22m\n\n${withoutMachine(withoutEnd(stdout))}`;
mkdirSync(dirname(TARGET), { recursive: true });
writeFileSync(
  TARGET,
  drawTerminal(parseAnsi(text, COLUMNS), {
    columns: COLUMNS,
    title: "npm run demo: a failing test, the delegation to Codex, our own run of the test, and the evidence",
  }),
);
process.stdout.write(`${TARGET}\n`);

/** What the demo says about the reader's own Codex differs from machine to machine. */
function withoutEnd(output: string): string {
  const lines = output.split("\n");
  const end = lines.findIndex((line) => line.includes("For real"));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .join("\n")
    .trimEnd();
}

/** The paths of this machine, as they would look to a reader who tries it in the home directory. */
function withoutMachine(output: string): string {
  const temporary = /(\S+) is removed now/.exec(output)?.[1]?.replace(/^.*m(?=\/)/, "");
  const short = output.replaceAll(shown(ROOT), "~/ask-codex").replaceAll(ROOT, "~/ask-codex");
  return temporary === undefined ? short : short.replaceAll(temporary, "~/demo");
}
