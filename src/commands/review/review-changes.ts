import type { Io } from "../../cli/define.ts";
import type { ReviewKind, ReviewResult } from "../../core/review.ts";
import type { AskedTarget } from "../../review/resolve-target.ts";
import { awaitReview } from "./await-review.ts";
import { startReview } from "./start-review.ts";

/** What is to be reviewed, and how. */
export interface ReviewOptions {
  kind: ReviewKind;
  target: AskedTarget;
  /** Any directory of the repository. */
  workspace: string;
  /** What the reviewer is to look at above all, in free words. */
  focus?: string;
  /** Only these files and directories, relative to the git root; they are looked at however big and of whatever kind. */
  paths?: readonly string[];
  model?: string;
  reasoning?: string;
  /** Limits of each run in seconds, 0 = none. */
  timeoutS?: number;
  idleTimeoutS?: number;
  /** Runs at a time. */
  maxParallel?: number;
  /** Bytes of diff that one run looks at. */
  shardBytes?: number;
  /** Nobody waits for its end: its runs tell the inbox. */
  background?: boolean;
  /** Cancels the runs that go on. */
  signal?: AbortSignal;
  /** Called when the runs are written down, before the first of them starts. */
  onStarted?: (review: { reviewId: string; runIds: readonly string[]; warnings: readonly string[] }) => void;
}

/** `nothing`: why there is no change to look at; nothing was started and nothing written. */
export type ReviewOutcome = { nothing: string } | { result: ReviewResult };

/** Reviews a change from beginning to end: starts the runs, waits for them, and collects what they found. */
export async function reviewChanges(options: ReviewOptions, io: Io): Promise<ReviewOutcome> {
  const started = await startReview(options, io);
  if ("nothing" in started) return started;
  const { signal } = options;
  return { result: await awaitReview({ ...started, env: io.env, ...(signal === undefined ? {} : { signal }) }) };
}
