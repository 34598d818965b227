import type { AskCodexError } from "../core/errors.ts";
import type { PolicyRecord } from "../core/policy.ts";
import { redact } from "../core/redact.ts";
import type { VerificationRecord } from "../core/verification.ts";
import { checksMarker } from "../sys/environment.ts";
import type { StopCause } from "./decide-verdict.ts";
import { readReport } from "./read-report.ts";
import type { RunContext } from "./run-context.ts";
import { touchedChecks } from "./touched-checks.ts";
import type { TurnState } from "./turn-state.ts";
import { addRound, emptyVerification, withSchema, writeVerification } from "./verification-record.ts";
import { runChecks } from "./verify.ts";

/** How the turn went, as far as it decides whether checking is worth it. */
export interface Ended {
  turn: TurnState;
  stop: StopCause | undefined;
  failure: AskCodexError | undefined;
  policy: PolicyRecord;
  degraded: boolean;
}

export interface Checked {
  /** Of all rounds so far: a turn that is not checked leaves what was said before. */
  record: VerificationRecord;
  /** Why the checks were stopped, if they were. */
  stop: StopCause | undefined;
  /** Why nothing was checked although checks were asked for. */
  skipped: string | undefined;
}

/** Runs the packet's checks before the first turn and after each one, in the sandbox of the run. */
export interface Checker {
  /** False: nothing was run. */
  base(degraded: boolean): Promise<boolean>;
  after(ended: Ended): Promise<Checked>;
  cancel(cause: StopCause): void;
}

export function createChecker(context: RunContext): Checker {
  const { request, dir, power, hooks } = context;
  const { packet } = request;
  const stopping = new AbortController();
  let cause: StopCause | undefined;
  let record = emptyVerification();

  const run = async (phase: "base" | "after", degraded: boolean) =>
    runChecks({
      commands: packet.verify,
      phase,
      by: "run",
      expectFiles: packet.expectFiles,
      workspace: request.workspace,
      recordDir: dir,
      grants: power.grants,
      command: await context.sandboxed(degraded),
      timeoutMs: request.limits.checkMs,
      signal: stopping.signal,
      runId: checksMarker(request.runId),
      onEvent: (event) => hooks.onEvent(event),
    });

  return {
    async base(degraded) {
      const round = request.verifyBase ? await run("base", degraded) : undefined;
      record = addRound(record, round);
      return round !== undefined;
    },
    async after(ended) {
      const skipped = whyNot(context, ended);
      const round = skipped === undefined ? await run("after", ended.degraded) : undefined;
      const schema = (await checkSchema(context, ended.turn)) ?? record.schema;
      const touched = touchedChecks(packet.verify, [...ended.policy.changed, ...ended.policy.out_of_scope]);
      record = { ...addRound(withSchema(record, schema), round), touched_checks: touched };
      if (record.rounds.length > 0 || schema !== null) writeVerification(dir, record);
      const cancelled = round?.checks.some((check) => check.outcome === "cancelled");
      return { record, skipped, stop: cancelled ? cause : undefined };
    },
    cancel(why) {
      cause ??= why;
      stopping.abort();
    },
  };
}

/** Why the checks are not run: they would say nothing about work that is not there, or was refused. */
function whyNot({ request }: RunContext, { turn, stop, failure, policy }: Ended): string | undefined {
  const { verify, expectFiles } = request.packet;
  if (verify.length === 0 && expectFiles.length === 0) return "none was asked for";
  if (stop || failure || turn.ended?.status !== "completed") return "the turn did not complete";
  if (policy.status === "violation") return "the run changed what it may not";
  if (request.schema !== undefined) return undefined;
  const { status } = readReport(turn.lastMessage);
  return status === "question" || status === "blocked" ? `Codex says ${status}` : undefined;
}

async function checkSchema({ request }: RunContext, turn: TurnState): Promise<VerificationRecord["schema"]> {
  if (request.schema === undefined || turn.ended?.status !== "completed") return null;
  const { checkAnswer } = await import("./check-schema.ts");
  const { ok, detail } = checkAnswer(request.schema, turn.lastMessage);
  return { ok, detail: redact(detail) };
}
