import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { usageError } from "../core/errors.ts";
import { isReviewId } from "../core/ids.ts";
import { Omitted, REVIEW_KINDS, ReviewPart, ReviewTarget } from "../core/review.ts";
import { toJson } from "../run/create-record.ts";
import { parseFile } from "../run/record.ts";
import { attempt, makePrivateDir, writeNew } from "../sys/files.ts";
import { runDir, workspaceDir } from "../sys/paths.ts";
import type { CollectInput } from "./collect-review.ts";

const Range = z.tuple([z.int().min(1), z.int().min(1)]);

/** plan.json of a review: all that is needed to collect it once its runs have ended, by whomever. */
export const ReviewPlan = z.strictObject({
  version: z.literal(1),
  review_id: z.string(),
  workspace: z.string(),
  branch: z.string().nullable(),
  head: z.string().nullable(),
  kind: z.enum(REVIEW_KINDS),
  target: ReviewTarget,
  focus: z.string().nullable(),
  started_at: z.string(),
  runs: z.array(z.strictObject({ run_id: z.string(), part: ReviewPart })),
  omitted: z.array(Omitted),
  changes: z.array(
    z.strictObject({
      file: z.string(),
      from: z.string().optional(),
      deleted: z.boolean().optional(),
      ranges: z.array(Range),
    }),
  ),
});
export type ReviewPlan = z.infer<typeof ReviewPlan>;

const planPath = (home: string, workspace: string, reviewId: string): string =>
  join(workspaceDir(home, workspace), "reviews", reviewId, "plan.json");

/** Writes the plan down, before the first of its runs begins. Returns the folder of the review. */
export function writePlan(home: string, plan: ReviewPlan): string {
  const path = planPath(home, plan.workspace, plan.review_id);
  const dir = dirname(path);
  for (const parent of [dirname(dir), dir]) makePrivateDir(parent);
  writeNew(path, toJson(plan));
  return dir;
}

/** The plan of a review of any workspace; an id that nobody knows is bad input. */
export function findPlan(home: string, reviewId: string): ReviewPlan {
  const hint = "the review told it as review_id=";
  if (!isReviewId(reviewId)) throw usageError(`${reviewId} is no review id`, hint);
  const root = join(home, "workspaces");
  const path = (attempt(() => readdirSync(root)) ?? [])
    .map((name) => join(root, name, "reviews", reviewId, "plan.json"))
    .find(existsSync);
  if (path === undefined) throw usageError(`there is no review ${reviewId} in ${home}`, hint);
  return parseFile(path, ReviewPlan);
}

/** What `collectReview` takes, from what was written down. */
export const collectInput = (
  home: string,
  plan: ReviewPlan,
  failures: ReadonlyMap<string, { verdict: "failed" | "fatal"; reason: string }>,
  { env, now }: { env: NodeJS.ProcessEnv; now: Date },
): CollectInput => ({
  home,
  workspace: plan.workspace,
  branch: plan.branch,
  head: plan.head,
  reviewId: plan.review_id,
  kind: plan.kind,
  target: plan.target,
  focus: plan.focus,
  parts: plan.runs.map(({ run_id: runId, part }) => {
    const failure = failures.get(runId);
    return { part, runId, dir: runDir(home, plan.workspace, runId), ...(failure ? { failure } : {}) };
  }),
  omitted: plan.omitted,
  changes: plan.changes.map(({ file, ranges, from, deleted }) => ({
    file,
    ranges,
    ...(from === undefined ? {} : { from }),
    ...(deleted === undefined ? {} : { deleted }),
  })),
  env,
  startedAt: plan.started_at,
  now,
});
