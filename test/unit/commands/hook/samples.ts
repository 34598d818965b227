import type { GateSettings } from "../../../../src/commands/hook/gate-settings.ts";
import type { Finding, ReviewResult } from "../../../../src/core/review.ts";

export const sampleGate: GateSettings = { severity: "medium", kind: "native", rounds: 3, timeoutS: 60, tokens: 1_000 };

export const sampleFinding = (said: Partial<Finding> = {}): Finding => ({
  severity: "high",
  file: "a.ts",
  line: 3,
  end_line: 3,
  claim: "It divides by zero.",
  evidence: "a / b",
  suggestion: "Ask first.",
  id: "f-00000001",
  run_id: "r-20261121-051103-k7qz",
  place: "change",
  state: "new",
  ...said,
});

export const reviewResult = (said: Partial<ReviewResult> = {}): ReviewResult => ({
  version: 1,
  review_id: "v-20261121-051103-k7qz",
  workspace: "/w",
  branch: "main",
  kind: "native",
  target: { type: "uncommitted", head: null },
  focus: null,
  review: "approve",
  verdict: "done",
  exit_code: 0,
  reason: "",
  findings: [],
  fixed: [],
  omitted: [],
  shards: [],
  tokens: { input: 100, cached: 0, output: 1 },
  output_path: null,
  started_at: "",
  ended_at: "",
  ...said,
});
