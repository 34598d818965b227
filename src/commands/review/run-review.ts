import type { Io } from "../../cli/define.ts";
import type { ReviewResult } from "../../core/review.ts";
import { findPlan, type ReviewPlan } from "../../review/review-plan.ts";
import { stateHome } from "../../sys/paths.ts";
import { printFields } from "../broker/print-fields.ts";
import { leaving } from "../leaving.ts";
import { createProgress } from "../progress.ts";
import { awaitReview } from "./await-review.ts";
import type { ReviewFlags } from "./flags.ts";
import { acknowledgeRuns, printNothing, printReview, saysOnlyOne } from "./print-review.ts";
import type { ReviewOptions } from "./review-changes.ts";
import { type Failure, type StartedReview, startReview } from "./start-review.ts";

/** Starts a review and follows it to its end; resolves with the exit code. */
export async function runReview(options: ReviewOptions, flags: ReviewFlags, io: Io): Promise<number> {
  const stop = new AbortController();
  const tell = saysOnlyOne(flags) ? io.stderr : io.stdout;
  // A Ctrl-C between the first start and the last one is for all of them.
  const early = io.onSignal("SIGINT", () => stop.abort("Ctrl-C"));
  let started: { nothing: string } | StartedReview;
  try {
    const onStarted: ReviewOptions["onStarted"] = ({ reviewId, runIds, warnings }) => {
      tell.write(`review_id=${reviewId}\n${runIds.map((runId) => `run_id=${runId}\n`).join("")}`);
      if (!flags.quiet) for (const warning of warnings) io.stderr.write(`warning: ${warning}\n`);
    };
    started = await startReview({ ...options, signal: stop.signal, onStarted }, io);
  } finally {
    early();
  }
  if ("nothing" in started) return printNothing(started.nothing, flags, io);
  const { plan } = started;
  if (options.background && !stop.signal.aborted) {
    const next = `${io.self("codex_review")} --collect ${plan.review_id}`;
    printFields(
      {
        ...(flags.json ? { review_id: plan.review_id, runs: plan.runs.map(({ run_id: id }) => id) } : {}),
        status: "running",
        next,
      },
      flags.json ?? false,
      io,
    );
    return 0;
  }
  return follow({ ...started, stop }, flags, io);
}

/** Waits for a review that was started before and prints it; Ctrl-C only leaves. */
export function collectStarted(reviewId: string, flags: ReviewFlags, io: Io): Promise<number> {
  const home = stateHome(io.env);
  const plan = findPlan(home, reviewId);
  if (!saysOnlyOne(flags)) io.stdout.write(`review_id=${reviewId}\n`);
  return follow({ home, plan, failures: new Map() }, flags, io);
}

interface Followed {
  home: string;
  plan: ReviewPlan;
  failures: ReadonlyMap<string, Failure>;
  /** Of whoever started it: Ctrl-C ends its runs. */
  stop?: AbortController;
}

async function follow({ home, plan, failures, stop }: Followed, flags: ReviewFlags, io: Io): Promise<number> {
  const progress = createProgress(io.stderr, flags.quiet ? "quiet" : flags.verbose ? "verbose" : "normal");
  const leave = new AbortController();
  const left = leaving(
    {
      goOn: `the review goes on; ${io.self("codex_review")} --collect ${plan.review_id}`,
      ...(stop === undefined ? {} : { cancel: () => stop.abort("Ctrl-C") }),
    },
    io,
  );
  try {
    const waiting = awaitReview({
      home,
      plan,
      failures,
      env: io.env,
      leave: leave.signal,
      onEvent: progress.see,
      ...(stop === undefined ? {} : { signal: stop.signal }),
    });
    const seen: ReviewResult | number = await Promise.race([waiting, left.signal]);
    progress.close();
    if (typeof seen === "number") {
      // Whoever has let go hears no more of it.
      waiting.catch(() => {});
      return seen;
    }
    const code = printReview(seen, flags, io);
    await acknowledgeRuns(home, plan, io);
    return code;
  } finally {
    progress.close();
    left.release();
    leave.abort();
  }
}
