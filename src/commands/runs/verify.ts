import { join } from "node:path";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, usageError } from "../../core/errors.ts";
import { exitCodeOf } from "../../core/exit-table.ts";
import { PolicyRecord } from "../../core/policy.ts";
import { findCodex } from "../../engine/find-codex.ts";
import { sandboxedBy } from "../../engine/sandboxed-by.ts";
import { openPower } from "../../run/open-power.ts";
import { placeOfRun } from "../../run/power-place.ts";
import { readRun } from "../../run/read-run.ts";
import { parseFile, readRequest } from "../../run/record.ts";
import { touchedChecks } from "../../run/touched-checks.ts";
import { addRound, emptyVerification, readVerification, writeVerification } from "../../run/verification-record.ts";
import { runChecks } from "../../run/verify.ts";
import { checksMarker, codexEnvironment } from "../../sys/environment.ts";
import { isThere, makePrivateDir } from "../../sys/files.ts";
import { stateHome } from "../../sys/paths.ts";
import { createProgress } from "../progress.ts";
import { renderVerification } from "../render-verification.ts";
import type { Target } from "./target.ts";
import type { Flags, Verb } from "./verb.ts";

export const verify: Verb = {
  takes: "id",
  usage: "codex_runs verify ID",
  options: [],
  examples: [["codex_runs verify r-20261121-051103-k7qz", "run the checks of the packet again; exit 6 if one fails"]],
  run: checkAgain,
};

/**
 * Runs the checks of a run again, with the power that the run had, and adds what they say to its record. The receipt
 * stays what it was: it tells how the run ended.
 */
async function checkAgain({ runId, dir }: Target, flags: Flags, io: Io): Promise<number> {
  const view = await readRun(dir);
  if (view.state !== "ended")
    throw new AskCodexError("refused", `the run ${runId} is ${view.state}`, { hint: `codex_runs wait ${runId}` });
  const request = readRequest(dir);
  const { verify: commands, expectFiles } = request.packet;
  if (commands.length === 0 && expectFiles.length === 0)
    throw usageError(
      `the run ${runId} has no checks`,
      "checks are given with --verify or in the packet when it is started",
    );
  const stopping = new AbortController();
  const release = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) =>
    io.onSignal(signal, () => stopping.abort()),
  );
  const codex = findCodex(io.env);
  const codexHome = join(dir, "check-home");
  makePrivateDir(codexHome);
  const policyPath = join(dir, "policy.json");
  const policy = isThere(policyPath) ? parseFile(policyPath, PolicyRecord) : undefined;
  const power = openPower(
    stateHome(io.env),
    placeOfRun(dir, runId),
    request,
    codexEnvironment(io.env, runId, request.power.env),
  );
  const about = { codex, policy: power.policy, cwd: request.workspace, codexHome };
  const progress = createProgress(io.stderr, "normal");
  try {
    const round = await runChecks({
      commands,
      phase: "after",
      by: "codex_runs verify",
      expectFiles,
      workspace: request.workspace,
      recordDir: dir,
      grants: power.grants,
      command: await sandboxedBy(about, policy?.policy === "degraded"),
      timeoutMs: request.limits.checkMs,
      signal: stopping.signal,
      // Nothing else alive may carry it: two people may verify at once.
      runId: `${checksMarker(runId)}.${process.pid}`,
      onEvent: (event) => progress.see({ ...event }),
    });
    const touched = touchedChecks(commands, [...(policy?.changed ?? []), ...(policy?.out_of_scope ?? [])]);
    const before = readVerification(dir) ?? { ...emptyVerification(), touched_checks: touched };
    const record = addRound(before, round);
    writeVerification(dir, record);
    progress.close();
    io.stdout.write(
      flags.json
        ? `${JSON.stringify({ run_id: runId, ...record })}\n`
        : `run_id=${runId}\n${renderVerification(record)}`,
    );
    if (stopping.signal.aborted) return exitCodeOf("cancelled");
    return round?.status === "passed" ? 0 : exitCodeOf("unverified");
  } finally {
    progress.close();
    for (const undo of release) undo();
    power.close();
  }
}
