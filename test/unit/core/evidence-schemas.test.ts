import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { AuditChange, PolicyRecord, Power } from "../../../src/core/policy.ts";
import {
  CHECK_OUTCOMES,
  CHECK_PHASES,
  CheckResult,
  TouchedCheck,
  VerificationRecord,
  VerificationRound,
} from "../../../src/core/verification.ts";
import { check, round } from "../run/sample-round.ts";
import { AT, NO_POWER, samplePower } from "./samples.ts";

const BLOB = "257cc5642cb1a054f08cc83f2d943e56fd3ebe99";

const CHANGE: AuditChange = {
  path: "src/a.ts",
  change: "modified",
  mode_before: "100644",
  mode_after: "100755",
  blob_before: BLOB,
  blob_after: BLOB,
};
const RENAMED: AuditChange = {
  ...CHANGE,
  path: "\uFFFD",
  path_base64: "/w==",
  change: "renamed",
  from: "\uFFFD",
  from_base64: "/g==",
};
const GONE: AuditChange = { ...CHANGE, change: "deleted", mode_after: null, blob_after: null };

const POLICY: PolicyRecord = {
  version: 1,
  status: "ok",
  policy: "ok",
  power: samplePower(),
  profile: { filesystem: { ":root": "read" }, network: { enabled: false } },
  trees: { before: BLOB, after: BLOB },
  ref: null,
  changed: [],
  out_of_scope: [],
  concurrent: [],
  ignored: { compared: 0, changed: [], elapsed_ms: 0, complete: true },
  head_moved: null,
  refs_changed: [],
  index_changed: false,
  dirty_before: [],
  volatile: { patterns: [], left_out: 0 },
  not_covered: [],
};

const VERIFICATION: VerificationRecord = {
  version: 1,
  status: "none",
  rounds: [],
  red_to_green: [],
  schema: null,
  touched_checks: [],
};
const TOUCHED: TouchedCheck = { path: "test/a.test.ts", change: "modified", checks: ["npm test"] };
const ROUND = round({
  checks: [check("npm test", "passed"), check("npm run lint", "timeout", { reason: "stopped after 300 s" })],
  expect_files: [{ path: "src/x.ts", exists: false }],
});

/** What the program writes, with and without what is optional. */
const WRITTEN: readonly (readonly [name: string, schema: z.ZodType, value: object])[] = [
  ["a power", Power, samplePower()],
  ["no power", Power, NO_POWER],
  [
    "a power with everything",
    Power,
    samplePower({ write: "scope", scope: ["src/", "**/*.md"], writable: ["/x"], network: true, env: ["A_B"] }),
  ],
  ["a change", AuditChange, CHANGE],
  ["a rename of bytes that are no text", AuditChange, RENAMED],
  ["a deletion", AuditChange, GONE],
  ["a policy", PolicyRecord, POLICY],
  [
    "a policy with everything",
    PolicyRecord,
    {
      ...POLICY,
      status: "violation",
      policy: "degraded",
      profile: null,
      ref: "refs/ask-codex/r-1",
      changed: [CHANGE],
      out_of_scope: [RENAMED],
      concurrent: [GONE],
      ignored: { compared: 7, changed: [CHANGE], elapsed_ms: 12, complete: false },
      head_moved: { from: null, to: BLOB },
      refs_changed: [{ ref: "refs/heads/main", from: BLOB, to: null }],
      index_changed: true,
      dirty_before: ["a"],
      volatile: { patterns: ["*.log"], left_out: 3 },
      not_covered: ["the submodule lib"],
    },
  ],
  [
    "a policy of which nobody can say",
    PolicyRecord,
    { ...POLICY, status: "unknown", policy: "off", trees: { before: null, after: null }, not_covered: ["no git"] },
  ],
  ["a check", CheckResult, check("npm test", "passed")],
  ["a check that was stopped", CheckResult, check("npm test", "cancelled", { reason: "r", output: "" })],
  ["a round", VerificationRound, ROUND],
  ["a touched check", TouchedCheck, TOUCHED],
  ["a verification of nothing", VerificationRecord, VERIFICATION],
  [
    "a verification with everything",
    VerificationRecord,
    {
      ...VERIFICATION,
      status: "failed",
      rounds: [round({ phase: "base", by: "codex_runs verify" }), ROUND],
      red_to_green: ["npm test"],
      schema: { ok: false, detail: "/x must be string" },
      touched_checks: [TOUCHED],
    },
  ],
];

/** Left out where there is nothing to say; `profile` may be anything. */
const OPTIONAL = new Set(["path_base64", "from", "from_base64", "reason", "profile"]);

describe("schemas of the evidence", () => {
  it.each(WRITTEN)("%s comes back from JSON as it was written", (_, schema, value) => {
    expect(schema.parse(JSON.parse(JSON.stringify(value)))).toEqual(value);
  });

  it.each(WRITTEN)("%s with a field that nobody knows is not read", (_, schema, value) => {
    expect(schema.safeParse({ ...value, extra: 1 }).success).toBe(false);
  });

  it.each(
    WRITTEN.flatMap(([name, schema, value]) =>
      Object.keys(value)
        .filter((key) => !OPTIONAL.has(key))
        .map((key) => [name, key, schema, value] as const),
    ),
  )("%s without %s is not read", (_, key, schema, value) => {
    expect(schema.safeParse({ ...value, [key]: undefined }).success).toBe(false);
  });

  it.each(CHECK_OUTCOMES)("a check can be %s", (outcome) => {
    expect(CheckResult.safeParse({ ...check("c", "passed"), outcome }).success).toBe(true);
  });

  it.each(CHECK_PHASES)("a round can be of the phase %s", (phase) => {
    expect(VerificationRound.safeParse({ ...ROUND, phase }).success).toBe(true);
  });
});

describe("what is not true is not read", () => {
  it.each<[string, z.ZodType, unknown]>([
    ["more power than there is", Power, { ...samplePower(), write: "all" }],
    ["network as a word", Power, { ...samplePower(), network: "on" }],
    ["a scope that is one word", Power, { ...samplePower(), scope: "src" }],
    ["a change that is none", AuditChange, { ...CHANGE, change: "copied" }],
    ["a mode as a number", AuditChange, { ...CHANGE, mode_after: 100644 }],
    ["a status that is none", PolicyRecord, { ...POLICY, status: "fine" }],
    ["the policy of a receipt", PolicyRecord, { ...POLICY, policy: "violation" }],
    ["another version", PolicyRecord, { ...POLICY, version: 2 }],
    ["half a file", PolicyRecord, { ...POLICY, ignored: { ...POLICY.ignored, compared: 0.5 } }],
    ["a field too many inside", PolicyRecord, { ...POLICY, trees: { ...POLICY.trees, extra: 1 } }],
    ["a change with a field too many", PolicyRecord, { ...POLICY, changed: [{ ...CHANGE, extra: 1 }] }],
    ["an outcome that is none", CheckResult, { ...check("c", "passed"), outcome: "green" }],
    ["an exit code as text", CheckResult, { ...check("c", "passed"), exit_code: "0" }],
    ["a phase that is none", VerificationRound, { ...ROUND, phase: "during" }],
    ["a round by nobody", VerificationRound, { ...ROUND, by: AT }],
    ["a round that is neither green nor red", VerificationRound, { ...ROUND, status: "none" }],
    ["another version of a verification", VerificationRecord, { ...VERIFICATION, version: 2 }],
    ["a file that may be there", VerificationRound, { ...ROUND, expect_files: [{ path: "a", exists: "yes" }] }],
  ])("%s", (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});
