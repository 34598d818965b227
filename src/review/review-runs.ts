import { findingsSchema } from "../core/findings-schema.ts";
import { newBrokerId, newRunId, newToken } from "../core/ids.ts";
import { redact } from "../core/redact.ts";
import type { RunRequest } from "../core/request.ts";
import type { ReviewKind, ReviewPart } from "../core/review.ts";
import { socketPath } from "../sys/paths.ts";
import type { Change } from "./list-changes.ts";
import type { ResolvedTarget } from "./resolve-target.ts";
import { reviewPrompt } from "./review-prompt.ts";
import { describeTarget, nativeReview } from "./review-words.ts";

export interface RunsInput {
  home: string;
  reviewId: string;
  kind: ReviewKind;
  resolved: ResolvedTarget;
  /** Secrets are taken out. */
  focus: string | undefined;
  shards: readonly (readonly Change[])[];
  /** Whether changed files were left out. */
  isPartial: boolean;
  now: Date;
}

/** `codex exec review` tells no findings, so a native review on exec is an ordinary turn in our form. */
const NO_REVIEWER =
  "the engine exec has no reviewer that tells its findings: an ordinary read-only turn reviews instead of Codex's own reviewer";

/** The requests of a review's runs, one a shard, from one that was planned as any run is; the first keeps its id. Pure but for ids. */
export function reviewRuns(planned: RunRequest, input: RunsInput): (RunRequest & { review: ReviewPart })[] {
  const { reviewId, kind, resolved, focus, shards, now } = input;
  const ids = new Set([planned.runId]);
  while (ids.size < shards.length) ids.add(newRunId(now));
  return [...ids].map((runId, at) => {
    const files = shards[at] ?? [];
    const words = { resolved, files, focus, isPart: input.isPartial || shards.length > 1 };
    const isNative = kind === "native" && !(planned.engine === "exec" && planned.enginePinned);
    const part: ReviewPart = {
      id: reviewId,
      kind,
      target: resolved.target,
      shard: at + 1,
      of: shards.length,
      files: files.map(({ file }) => file),
      ...(focus === undefined ? {} : { focus }),
      ...(isNative ? { native: nativeReview(words) } : {}),
    };
    // What an earlier settings file says of answers is not about ours.
    const { schema: _, output: __, push: ___, ...rest } = planned;
    return {
      ...rest,
      ...(at === 0 ? {} : ownLine(input.home, runId, now)),
      runId,
      packet: { ...planned.packet, goal: goalOf(part) },
      prompt: redact(reviewPrompt(kind, words)),
      review: part,
      autoReview: !isNative,
      ...(isNative ? {} : { schema: findingsSchema() }),
      warnings: [...planned.warnings, ...(kind === "native" && !isNative ? [NO_REVIEWER] : [])],
    };
  });
}

const ownLine = (home: string, runId: string, now: Date) => ({
  brokerId: newBrokerId(now),
  socket: socketPath(home, runId),
  token: newToken(),
});

/** What the lists of runs show. */
function goalOf({ kind, target, shard, of, files, focus }: ReviewPart): string {
  const which = of === 1 ? "" : ` ${shard}/${of}`;
  const what = kind === "adversarial" ? "Adversarial review" : "Review";
  const head = `${what}${which} of ${describeTarget(target)}: ${files.length} ${files.length === 1 ? "file" : "files"}`;
  return redact(focus === undefined ? head : `${head}\n\n${focus}`);
}
