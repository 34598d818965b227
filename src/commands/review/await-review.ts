import { type Attached, attach } from "../../broker/client.ts";
import type { ReviewResult } from "../../core/review.ts";
import { collectReview } from "../../review/collect-review.ts";
import { collectInput, type ReviewPlan } from "../../review/review-plan.ts";
import { readRun } from "../../run/read-run.ts";
import { runDir } from "../../sys/paths.ts";
import type { Failure } from "./start-review.ts";

export interface AwaitOptions {
  home: string;
  plan: ReviewPlan;
  failures: ReadonlyMap<string, Failure>;
  env: NodeJS.ProcessEnv;
  /** Cancels the runs that go on; why, is said in their receipts. */
  signal?: AbortSignal;
  /** Lets go of the runs without ending them; then nobody collects. */
  leave?: AbortSignal;
  /** `of` names the part, where there are several. */
  onEvent?: (event: { type: string; [key: string]: unknown }, of?: string) => void;
}

/** Nobody is there who could answer. */
const NO_ANSWER = "No answer: nobody is there to ask. Judge by what is in the repository.";

/** Waits until every run of a review has ended, however, and collects what they found. */
export async function awaitReview(options: AwaitOptions): Promise<ReviewResult> {
  const { home, plan, failures, env } = options;
  await Promise.all(
    plan.runs.map(({ run_id: runId, part }) =>
      failures.has(runId)
        ? undefined
        : awaitRun(runId, part.of > 1 ? `part ${part.shard}/${part.of}` : undefined, options),
    ),
  );
  return collectReview(collectInput(home, plan, failures, { env, now: new Date() }));
}

/** A record that is gone or can't be read is the collector's to tell. */
async function awaitRun(runId: string, name: string | undefined, options: AwaitOptions): Promise<void> {
  const { home, plan, signal, leave, onEvent } = options;
  const dir = runDir(home, plan.workspace, runId);
  const view = await readRun(dir).catch(() => undefined);
  if (view === undefined || view.state === "ended") return;
  const attached = await attach({ runId, dir, line: view.request, onEvent: (event) => onEvent?.(event, name) });
  if ("ended" in attached) return;
  const undo = [onAbort(signal, () => cancelRun(attached, signal)), onAbort(leave, () => attached.detach())];
  try {
    for (let sight = await attached.next(); sight.kind === "parked"; sight = await attached.next())
      await attached.answer(NO_ANSWER);
  } finally {
    for (const one of undo) one();
    attached.detach();
  }
}

function cancelRun(attached: Attached, signal: AbortSignal | undefined): void {
  const reason = typeof signal?.reason === "string" ? signal.reason : "the review was cancelled";
  // Its end comes by itself.
  attached.cancel(reason).catch(() => {});
}

function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal?.aborted) act();
  else signal?.addEventListener("abort", act, { once: true });
  return () => signal?.removeEventListener("abort", act);
}
