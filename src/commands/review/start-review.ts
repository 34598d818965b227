import { rmSync } from "node:fs";
import { launchBroker } from "../../broker/launch.ts";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, messageOf, usageError } from "../../core/errors.ts";
import { newReviewId } from "../../core/ids.ts";
import { redact } from "../../core/redact.ts";
import type { RunRequest } from "../../core/request.ts";
import type { Omitted } from "../../core/review.ts";
import { findCodex } from "../../engine/find-codex.ts";
import type { Layer } from "../../packet/effective.ts";
import { secretsOf } from "../../policy/secrets.ts";
import { chooseFiles } from "../../review/choose-files.ts";
import { type Change, listChanges } from "../../review/list-changes.ts";
import { planShards } from "../../review/plan-shards.ts";
import { resolveTarget } from "../../review/resolve-target.ts";
import { type ReviewPlan, writePlan } from "../../review/review-plan.ts";
import { reviewRuns } from "../../review/review-runs.ts";
import { createRecord } from "../../run/create-record.ts";
import { runDir, stateHome } from "../../sys/paths.ts";
import { codexHome, userHome } from "../../sys/user-home.ts";
import { admit } from "../ask/admit.ts";
import { say } from "../ask/flag-layers.ts";
import { locate } from "../ask/locate.ts";
import { claudeOf, MAX_PARALLEL } from "../ask/plan-background.ts";
import { planRun } from "../ask/plan-run.ts";
import type { ReviewOptions } from "./review-changes.ts";

const SHARD_BYTES = 120_000;
const MAX_SHARDS = 8;

/** A review whose runs have begun, or could not. */
export interface StartedReview {
  home: string;
  plan: ReviewPlan;
  requests: readonly RunRequest[];
  warnings: readonly string[];
  /** Why a run could not begin, by its id. */
  failures: ReadonlyMap<string, Failure>;
}

export type Failure = { verdict: "failed" | "fatal"; reason: string };

/**
 * Resolves the target, divides the change, writes down the review and its runs, and begins them. `nothing`: why there is
 * nothing to look at; nothing was written then. Bad input and what stands against a start are thrown before that, too.
 */
export async function startReview(options: ReviewOptions, io: Io): Promise<{ nothing: string } | StartedReview> {
  const { kind, paths = [], shardBytes = SHARD_BYTES, maxParallel = MAX_PARALLEL } = options;
  const home = stateHome(io.env);
  const { workspace, git } = locate(options.workspace, io.cwd);
  if (!git)
    throw usageError(`${workspace} is not in a git repository, so there is no change to review`, "run git init there");
  const at = { workspace, env: io.env };
  const resolved = await resolveTarget(at, options.target);
  const changes = await listChanges(at, resolved);
  if (changes.length === 0) return { nothing: "there is no change" };

  const now = new Date();
  const planned = await planRun(
    { flags: {}, said: saidOf(options, workspace), home, session: undefined, codex: findCodex(io.env), now },
    io,
  );
  const choice = chooseFiles(changes, { secrets: secretGlobs(workspace, planned.request, io.env), paths, shardBytes });
  if (choice.chosen.length + choice.omitted.length === 0)
    throw usageError(`nothing of the change lies in ${paths.join(", ")}`, "git status shows the changed files");
  const { shards, omitted: beyond } = planShards(choice.chosen, { shardBytes, maxShards: MAX_SHARDS });
  const omitted = [...choice.omitted, ...beyond];
  if (shards.length === 0) return { nothing: `every changed file was left out: ${someOf(omitted)}` };

  const first = await admit(planned, { home, found: undefined, flags: {} }, io);
  const reviewId = newReviewId(now);
  const focus = options.focus === undefined ? undefined : redact(options.focus);
  const about = {
    home,
    reviewId,
    kind,
    resolved,
    focus,
    shards,
    isPartial: omitted.length > 0 || paths.length > 0,
    now,
  };
  // More than may go on at once wait in line by themselves, whatever becomes of this process.
  const waits = options.background === true || shards.length > maxParallel;
  const background = {
    claude: claudeOf(io.env),
    maxParallel: shards.length > maxParallel ? maxParallel : 0,
    notBefore: null,
  };
  const requests = reviewRuns(first, about).map((request) => (waits ? { ...request, background } : request));
  const plan: ReviewPlan = {
    version: 1,
    review_id: reviewId,
    workspace,
    branch: resolved.branch,
    head: resolved.head,
    kind,
    target: resolved.target,
    focus: focus ?? null,
    started_at: now.toISOString(),
    runs: requests.map(({ runId, review }) => ({ run_id: runId, part: review })),
    omitted,
    changes: concerned(changes, [...choice.chosen, ...choice.omitted]).map(({ file, from, deleted, ranges }) => ({
      file,
      ranges: ranges.map(([start, end]) => [start, end]),
      ...(from === undefined ? {} : { from }),
      ...(deleted === undefined ? {} : { deleted }),
    })),
  };
  writeDown(home, plan, requests);
  const warnings = [...resolved.warnings, ...(requests[0]?.warnings ?? [])];
  options.onStarted?.({ reviewId, runIds: requests.map(({ runId }) => runId), warnings });
  return { home, plan, requests, warnings, failures: await launchAll(home, requests, options.signal, io) };
}

/** Without what --path leaves out of the question. */
function concerned(changes: readonly Change[], told: readonly { file: string }[]): Change[] {
  const files = new Set(told.map(({ file }) => file));
  return changes.filter(({ file }) => files.has(file));
}

/** All records and the plan, or none of them. */
function writeDown(home: string, plan: ReviewPlan, requests: readonly RunRequest[]): void {
  const made: string[] = [];
  try {
    for (const request of requests) made.push(createRecord(home, request));
    made.push(writePlan(home, plan));
  } catch (error) {
    for (const dir of made) rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

async function launchAll(
  home: string,
  requests: readonly RunRequest[],
  signal: AbortSignal | undefined,
  io: Io,
): Promise<Map<string, Failure>> {
  const failures = new Map<string, Failure>();
  for (const { workspace, runId } of requests) {
    const dir = runDir(home, workspace, runId);
    try {
      if (signal?.aborted) throw new AskCodexError("failed", "the review was cancelled before this part began");
      await launchBroker({ program: io.brokerProgram, dir, env: io.env });
    } catch (error) {
      const verdict = error instanceof AskCodexError && error.kind === "fatal" ? "fatal" : "failed";
      failures.set(runId, { verdict, reason: messageOf(error) });
    }
  }
  return failures;
}

const SOURCE = "codex_review";

/** A review is a run of the role reviewer, whose power nothing can raise. */
const saidOf = (options: ReviewOptions, workspace: string): Layer[] => [
  ...say(SOURCE, "goal", options.focus ?? "Review the change."),
  ...say(SOURCE, "role", "reviewer"),
  ...say(SOURCE, "workspace", workspace),
  ...say(SOURCE, "scope", []),
  ...say("--model", "model", options.model),
  ...say("--reasoning", "reasoning", options.reasoning),
  ...say("--timeout", "timeoutS", options.timeoutS),
  ...say("--idle-timeout", "idleTimeoutS", options.idleTimeoutS),
];

/** What no command of the runs may read, below the workspace. */
function secretGlobs(workspace: string, { deny }: RunRequest, env: NodeJS.ProcessEnv): string[] {
  return secretsOf({ workspace, home: userHome(env), codexHome: codexHome(env), extra: deny }).workspace;
}

const SHOWN = 5;

function someOf(omitted: readonly Omitted[]): string {
  const shown = omitted.slice(0, SHOWN).map(({ file, why }) => `${file} (${why})`);
  return `${shown.join(", ")}${omitted.length > SHOWN ? ` and ${omitted.length - SHOWN} more` : ""}; --path looks at one all the same`;
}
