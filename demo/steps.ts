import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Receipt } from "../src/core/record.ts";
import { call } from "./call.ts";
import { paintCheck, paintRun } from "./paint.ts";
import { showPlaces } from "./places.ts";
import { BUGGY_FILE, CHECK, GOAL } from "./project.ts";
import type { Screen } from "./screen.ts";
import { ASK_CODEX, shown } from "./shown.ts";
import type { World } from "./world.ts";

export interface Stage {
  screen: Screen;
  world: World;
  signal: AbortSignal;
}

/** Runs the tests of the scratch repository by ourselves and shows the telling lines of the report. */
export async function showTests({ screen, world, signal }: Stage): Promise<number | null> {
  const args = ["--test", "--test-reporter=spec"];
  screen.command(`node ${args.join(" ")}`);
  const { code, stdout } = await call({
    command: process.execPath,
    args,
    cwd: world.repository,
    env: world.env,
    signal,
  });
  // The report says what failed twice; its first part ends where the counts begin.
  const lines = stdout.split("\n");
  const results = lines
    .slice(
      0,
      lines.findIndex((line) => line.startsWith("ℹ")),
    )
    .filter((line) => /^[✔✖]/.test(line));
  const differences = lines.map((line) => line.trim()).filter((line) => /^([+-] '|\+ actual)/.test(line));
  for (const line of results) screen.output(paintCheck(screen.paint, line.replace(/ \([\d.]+ms\)$/, "")));
  for (const line of new Set(differences)) screen.output(paintCheck(screen.paint, `  ${line}`));
  screen.output(screen.paint.dim(`exit ${code}`));
  return code;
}

/** Delegates the repair, and shows what ask_codex prints as it prints it. */
export async function showDelegation({ screen, world, signal }: Stage) {
  const flags = ["--verbose", "--scope", BUGGY_FILE, "--verify", CHECK];
  screen.command(`node ${shown(ASK_CODEX)} --verbose \\`);
  screen.line(screen.paint.bold(`    --scope ${BUGGY_FILE} --verify ${shown(CHECK)} \\`));
  screen.line(screen.paint.bold(`    ${shown(GOAL)}`));
  const called = await call({
    command: process.execPath,
    args: [ASK_CODEX, ...flags, GOAL],
    cwd: world.repository,
    env: world.env,
    signal,
    onLine: (text, from) => screen.output(paintRun(screen.paint, text, from)),
  });
  screen.output(screen.paint.dim(`exit ${called.code}`));
  return { code: called.code, record: /^record=(.+)$/m.exec(called.stdout)?.[1] };
}

/** Shows what the run changed, as git sees it. */
export async function showDiff({ screen, world, signal }: Stage): Promise<void> {
  const args = ["--no-pager", "diff", "--no-color", "-U0"];
  screen.command("git diff -U0");
  const { stdout } = await call({ command: "git", args, cwd: world.repository, env: world.env, signal });
  for (const line of stdout.split("\n").filter((text) => /^[+-]/.test(text) && !text.startsWith("---"))) {
    screen.output(paintCheck(screen.paint, line));
  }
}

/** Shows where everything lies and what is left running; resolves with what the receipt says and with who is left. */
export async function showRemains({ screen, world }: Stage, record: string) {
  const receipt = Receipt.parse(JSON.parse(readFileSync(join(record, "result.json"), "utf8")));
  const left = (await world.processes()).map((row) => `${row.name} (${row.pid})`);
  const countable = process.platform !== "win32";
  showPlaces(screen, {
    record,
    answer: receipt.output_path ?? "",
    processes: countable ? [String(left.length), ...left].join(" ") : "not counted on Windows",
  });
  return { receipt, left };
}
