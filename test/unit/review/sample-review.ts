import type { Finding, ReviewedShard, ReviewResult } from "../../../src/core/review.ts";
import { AT, RUN_ID, THREAD_ID } from "../core/samples.ts";

export const REVIEW_ID = "v-20261121-120001-aaaa";

export const sampleFinding = (over: Partial<Finding> = {}): Finding => ({
  id: "f-abcdefgh",
  run_id: RUN_ID,
  severity: "high",
  file: "src/a.ts",
  line: 3,
  end_line: 5,
  claim: "It divides by zero.",
  evidence: "`sum / list.length`",
  suggestion: "",
  place: "change",
  state: "new",
  ...over,
});

export const sampleShard = (over: Partial<ReviewedShard> = {}): ReviewedShard => ({
  run_id: RUN_ID,
  session_id: THREAD_ID,
  files: ["src/a.ts"],
  verdict: "done",
  exit_code: 0,
  review: "parsed",
  reason: "",
  summary: "",
  ...over,
});

export const sampleReview = (over: Partial<ReviewResult> = {}): ReviewResult => ({
  version: 1,
  review_id: REVIEW_ID,
  workspace: "/work/a project",
  branch: "main",
  kind: "native",
  target: { type: "uncommitted", head: null },
  focus: null,
  review: "findings",
  verdict: "done",
  exit_code: 0,
  reason: "1 finding",
  findings: [sampleFinding()],
  fixed: [],
  omitted: [],
  shards: [sampleShard()],
  tokens: { input: 300, cached: 190, output: 12 },
  output_path: `/work/a project/.ask-codex/${REVIEW_ID}.md`,
  started_at: AT,
  ended_at: AT,
  ...over,
});
