import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "../core/event.ts";
import type { CheckPhase, CheckResult, VerificationRound } from "../core/verification.ts";
import { removeIfEmpty } from "../policy/grants.ts";
import { makePrivateDir } from "../sys/files.ts";
import { isExpectedFile } from "./expected-files.ts";
import { type CheckOptions, cancelledCheck, runCheck } from "./run-check.ts";
import { missingSandboxDirs } from "./sandbox-dirs.ts";

/** What is told of a check as it runs. */
export type CheckEvent = Extract<RunEvent, { type: "check_started" | "check_ended" }>;

export interface RoundOptions extends Omit<CheckOptions, "output"> {
  commands: readonly string[];
  phase: CheckPhase;
  by: VerificationRound["by"];
  /** Paths below the workspace; looked at after the checks, in the `after` phase only. */
  expectFiles: readonly string[];
  workspace: string;
  /** Directories that the profile lets the checks write: there, too, the sandbox leaves empty directories when it is killed. */
  grants?: readonly string[];
  onEvent?: (event: CheckEvent) => void;
}

/** All checks one after another, each to its end whatever the others said; undefined when nothing is to be checked. */
export async function runChecks(options: RoundOptions): Promise<VerificationRound | undefined> {
  const { commands, phase, onEvent } = options;
  const expected = phase === "after" ? options.expectFiles : [];
  if (commands.length === 0 && expected.length === 0) return undefined;
  const startedAt = new Date().toISOString();
  const prefix = commands.length === 0 ? "" : nextRound(options.recordDir, phase);
  const checks: CheckResult[] = [];
  for (const [at, command] of commands.entries()) {
    const index = at + 1;
    if (options.signal?.aborted) {
      checks.push(cancelledCheck(command));
      continue;
    }
    onEvent?.({ type: "check_started", phase, index, count: commands.length, command });
    const result = await cleanly(options, () => runCheck(command, { ...options, output: `${prefix}-${index}.log` }));
    checks.push(result);
    const { outcome, exit_code, elapsed_ms } = result;
    onEvent?.({ type: "check_ended", phase, index, count: commands.length, command, outcome, exit_code, elapsed_ms });
  }
  const expect_files = expected.map((path) => ({ path, exists: isExpectedFile(options.workspace, path) }));
  const passed = checks.every((one) => one.outcome === "passed") && expect_files.every((one) => one.exists);
  return { by: options.by, phase, started_at: startedAt, status: passed ? "passed" : "failed", checks, expect_files };
}

/** `verify/<round>-<phase>`: the next number, so that no log of an earlier round is replaced. */
function nextRound(recordDir: string, phase: CheckPhase): string {
  const dir = join(recordDir, "verify");
  makePrivateDir(dir);
  const rounds = readdirSync(dir).map((name) => Number.parseInt(name, 10) || 0);
  return `verify/${Math.max(0, ...rounds) + 1}-${phase}`;
}

/** A sandbox that is killed leaves the empty directories that it had mounted over; those of ours go again. */
async function cleanly(options: RoundOptions, run: () => Promise<CheckResult>): Promise<CheckResult> {
  const missing = missingSandboxDirs([options.workspace, ...(options.grants ?? [])]);
  try {
    return await run();
  } finally {
    removeIfEmpty(missing);
  }
}
