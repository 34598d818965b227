import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Receipt, RunStatus } from "../../src/core/record.ts";
import { EvidenceRecord } from "../../src/run/evidence.ts";
import { findByEnvironment, type ProcessRow } from "../../src/sys/process-table.ts";
import { type Called, CODEX_WRAPPER, codexBinary, type Lab, openLab, type Running, until } from "../kit/lab.ts";
import { bounded, normalise } from "./normalise.ts";
import type { Recording } from "./recording.ts";
import { eventsOfLine } from "./replay.ts";
import type { Entry, Scenario } from "./scenario.ts";

const GOAL = "make the change and run the tests";
/** Longest log of a bare run, in characters. */
const LOG_CHARS = 6_000;
const PATIENCE_S = 40;
const CODEX_VERSION = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(dirname(CODEX_WRAPPER), "..", "package.json"), "utf8"))).version;

type Ours = Omit<Recording, "bare">;

/** Plays a scenario through our own command on one engine, and takes what the run left. */
export async function playOurs(entry: Entry): Promise<Ours> {
  const lab = await openWorld(entry);
  try {
    const args = ["--engine", entry.engine, "--quiet", ...(entry.args ?? []), "--", entry.goal ?? GOAL];
    const running = lab.start("ask_codex", args, { env: { ...entry.env } });
    const runId = await running.line("run_id");
    if (entry.fate) await meetFate(lab, running, runId, entry.fate);
    const called = await running.done;
    const receipt = await receiptOf(lab, runId);
    const evidence = join(lab.recordDir(runId), "evidence.json");
    return {
      version: 1,
      name: entry.name,
      family: entry.family,
      engine: entry.engine,
      codex: CODEX_VERSION,
      lines: linesOf(lab, runId, entry),
      evidence: existsSync(evidence)
        ? EvidenceRecord.parse(JSON.parse(normalise(readFileSync(evidence, "utf8"), lab.dir)))
        : null,
      receipt: brief(receipt, lab),
      exit: called.code,
    };
  } finally {
    await lab.close();
  }
}

async function openWorld({ lab: options, script, profile }: Scenario): Promise<Lab> {
  const lab = await openLab({ ...options, script });
  if (profile !== undefined) writeFileSync(join(lab.dir, "home", ".bash_profile"), profile);
  return lab;
}

/** A run whose broker is gone gets its receipt from the first reader. */
async function receiptOf(lab: Lab, runId: string): Promise<Receipt> {
  const path = join(lab.recordDir(runId), "result.json");
  if (!existsSync(path)) {
    await until(() => !lab.processes().some((row) => row.pid === brokerOf(lab, runId)));
    await lab.call("codex_runs", ["show", runId]);
  }
  return lab.receipt(runId);
}

const brief = (receipt: Receipt, lab: Lab): Recording["receipt"] => ({
  verdict: receipt.verdict,
  exit_code: receipt.exit_code,
  reason: normalise(receipt.reason, lab.dir),
  verification: receipt.verification,
  policy: receipt.policy,
  counts: receipt.counts,
  warnings: receipt.warnings.map((warning) => normalise(warning, lab.dir)),
});

/** The lines that mean something, with what is in them beyond that left out. */
function linesOf(lab: Lab, runId: string, { engine }: Entry): string[] {
  const text = readFileSync(join(lab.recordDir(runId), "raw.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => !line.startsWith("> ") && eventsOfLine(engine, line).length > 0)
    .map((line) => normalise(withoutWeight(line), lab.dir));
}

const Ended = z.looseObject({ params: z.looseObject({ turn: z.looseObject({ items: z.array(z.unknown()) }) }) });

/** The end of a turn repeats its items, which no event of ours is made of. */
function withoutWeight(line: string): string {
  const ended = Ended.safeParse(JSON.parse(line)).data;
  if (!ended) return line;
  return JSON.stringify({ ...ended, params: { ...ended.params, turn: { ...ended.params.turn, items: [] } } });
}

async function meetFate(lab: Lab, running: Running, runId: string, fate: NonNullable<Scenario["fate"]>): Promise<void> {
  await until(() => existsSync(join(lab.workspace, "started")));
  await until(() => lab.events(runId).some(({ type }) => type === "command_started"));
  switch (fate) {
    case "kill -9 codex":
      process.kill(codexOf(runId), "SIGKILL");
      return;
    case "kill -9 broker":
      process.kill(brokerOf(lab, runId), "SIGKILL");
      return;
    case "kill -9 client and broker":
      running.kill("SIGKILL");
      process.kill(brokerOf(lab, runId), "SIGKILL");
      return;
    case "ctrl-c":
      running.kill("SIGINT");
      return;
    case "cancel":
      await lab.call("codex_runs", ["cancel", runId]);
  }
}

const brokerOf = (lab: Lab, runId: string): number =>
  RunStatus.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "status.json"), "utf8"))).owner?.pid ?? 0;

const codexOf = (runId: string): number =>
  engineAmong(findByEnvironment("ASK_CODEX_RUN", runId).filter((row) => row.name === "codex"));

/** Codex starts itself again as the sandbox of each command: the one that was started as an engine is meant. */
function engineAmong(rows: readonly ProcessRow[]): number {
  const isEngine = (pid: number) => /\0(?:app-server|exec)\0/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  const found = rows.find((row) => isEngine(row.pid));
  if (!found) throw new Error(`no Codex among ${rows.map((row) => row.pid).join(", ")}`);
  return found.pid;
}

/** The same situation through bare `codex exec`, the way a wrapper calls it: its exit code and its log. */
export async function playBare(scenario: Scenario): Promise<Recording["bare"]> {
  const lab = await openWorld(scenario);
  try {
    const schema = scenario.args?.includes("--schema") ? ["--output-schema", "s.json"] : [];
    const args = ["exec", "--skip-git-repo-check", "-s", "workspace-write", ...schema, scenario.goal ?? GOAL];
    const done = await withTimeout(lab, args, scenario);
    const log = normalise(`${done.stderr}${done.stdout}`, lab.dir);
    return { exit: done.code ?? signalExit(done.signal), log: bounded(log, LOG_CHARS) };
  } finally {
    await lab.close();
  }
}

/** What a shell makes of a program that a signal ended; `timeout` dies of the signal that its program died of. */
const signalExit = (signal: NodeJS.Signals | null): number => (signal === null ? 1 : 128 + constants.signals[signal]);

/** As in `timeout 40 codex exec …`: one that would go on for ever is ended (124). */
async function withTimeout(lab: Lab, args: string[], { env, fate, patience }: Scenario): Promise<Called> {
  const limit = String(patience ?? PATIENCE_S);
  const running = lab.run("timeout", [limit, codexBinary(), ...args], { env: { ...env } });
  if (fate) {
    await until(() => existsSync(join(lab.workspace, "started")));
    // Its log comes a moment behind what it does.
    await sleep(500);
    const codex = engineAmong(lab.processes().filter((row) => row.name === "codex"));
    process.kill(codex, fate.startsWith("kill -9") ? "SIGKILL" : "SIGINT");
  }
  return running;
}
