import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CheckResult, VerificationRound } from "../../../src/core/verification.ts";
import { sandboxCommand } from "../../../src/engine/sandbox-command.ts";
import { type RoundOptions, runChecks } from "../../../src/run/verify.ts";
import { RUN_MARKER } from "../../../src/sys/environment.ts";
import { findByEnvironment } from "../../../src/sys/process-table.ts";
import { codexBinary } from "../../kit/lab.ts";

export interface CheckLab {
  dir: string;
  workspace: string;
  recordDir: string;
  codexHome: string;
  runId: string;
  /** With the real sandbox unless `profile` is null; the workspace's `src` may be written. */
  options(commands: string[], over?: Partial<RoundOptions>): RoundOptions;
  round(commands: string[], over?: Partial<RoundOptions>): Promise<VerificationRound>;
  check(command: string, over?: Partial<RoundOptions>): Promise<CheckResult>;
  log(result: CheckResult): string;
  logMode(result: CheckResult): number;
  /** What lives and carries the marker of this lab. */
  processes(): string[];
}

export const WRITES_SRC = {
  filesystem: { ":root": "read", ":project_roots": { ".": "read", src: "write" } },
  network: { enabled: false },
};

let count = 0;

/** A workspace, a record and a CODEX_HOME for the checks of one test; not below /tmp, which a profile may open. */
export function openCheckLab(
  setup: { profile?: Record<string, unknown> | null; env?: NodeJS.ProcessEnv; codex?: string } = {},
): CheckLab {
  const dir = mkdtempSync(join(realpathSync("/var/tmp"), "ask-codex checks-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  const [workspace, recordDir, codexHome] = [join(dir, "ws"), join(dir, "record"), join(dir, "codex-home")];
  for (const path of [workspace, join(workspace, "src"), recordDir, codexHome]) mkdirSync(path);
  const runId = `r-check-${process.pid}-${++count}`;
  const codex = { command: setup.codex ?? codexBinary(), args: [] };
  const profile = setup.profile === undefined ? WRITES_SRC : setup.profile;
  const env = setup.env ?? { PATH: process.env.PATH, HOME: dir };
  const options = (commands: string[], over: Partial<RoundOptions> = {}): RoundOptions => ({
    commands,
    phase: "after",
    by: "run",
    expectFiles: [],
    workspace,
    grants: [join(workspace, "src")],
    recordDir,
    runId,
    timeoutMs: 0,
    command: (argv) =>
      sandboxCommand({ codex, profile, profileName: "ask_codex", codexHome, cwd: workspace, env, argv }),
    ...over,
  });
  const round = async (commands: string[], over?: Partial<RoundOptions>): Promise<VerificationRound> => {
    const ended = await runChecks(options(commands, over));
    if (!ended) throw new Error("nothing was checked");
    return ended;
  };
  return {
    ...{ dir, workspace, recordDir, codexHome, runId, options, round },
    async check(command, over) {
      const [result] = (await round([command], over)).checks;
      if (!result) throw new Error("no result");
      return result;
    },
    log: (result) => readFileSync(join(recordDir, result.output), "utf8"),
    logMode: (result) => statSync(join(recordDir, result.output)).mode & 0o777,
    processes: () => findByEnvironment(RUN_MARKER, runId).map((row) => `${row.name} (${row.pid})`),
  };
}
