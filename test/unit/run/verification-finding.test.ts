import { expect, it } from "vitest";
import type { VerificationRound } from "../../../src/core/verification.ts";
import { verificationFinding } from "../../../src/run/verification-finding.ts";
import { addRound, emptyVerification, withSchema } from "../../../src/run/verification-record.ts";
import { check, round } from "./sample-round.ts";

const there = (path: string) => ({ path, exists: true });
const missing = (path: string) => ({ path, exists: false });

it.each<[name: string, round: Partial<VerificationRound>, finding: string, ok?: true]>([
  ["one that passed", { checks: [check("npm test", "passed")] }, "the check passed in our own run", true],
  [
    "all that passed",
    { checks: [check("a", "passed"), check("b", "passed")], expect_files: [there("x")] },
    "all 2 checks passed in our own run, the expected file is there",
    true,
  ],
  ["files alone", { expect_files: [there("x"), there("y")] }, "all 2 expected files are there", true],
  ["one that failed", { checks: [check("npm test", "failed")] }, "`npm test` failed with exit 1 in our own run"],
  [
    "one of several",
    { checks: [check("a", "passed"), check("b", "failed", { exit_code: 101 })] },
    "`b` failed with exit 101 in our own run",
  ],
  [
    "one that was killed",
    { checks: [check("a", "failed", { exit_code: null, reason: "killed by SIGSEGV" })] },
    "`a` failed in our own run: killed by SIGSEGV",
  ],
  [
    "one that took too long",
    { checks: [check("a", "timeout", { reason: "stopped after its limit of 60 s" })] },
    "`a` did not end in our own run: stopped after its limit of 60 s",
  ],
  ["one that was cancelled", { checks: [check("a", "cancelled")] }, "`a` was cancelled in our own run"],
  [
    "one that could not be started",
    { checks: [check("a", "not_started", { reason: "bwrap: No permissions" })] },
    "`a` could not be started in the sandbox: bwrap: No permissions",
  ],
  [
    "several",
    { checks: [check("a", "failed"), check("b", "passed"), check("c", "timeout")] },
    "2 of 3 checks failed: `a` (exit 1), `c` (timeout)",
  ],
  [
    "many",
    { checks: ["a", "b", "c", "d", "e"].map((one) => check(one, "failed")) },
    "5 of 5 checks failed: `a` (exit 1), `b` (exit 1), `c` (exit 1) and 2 more",
  ],
  [
    "a file that is missing",
    { expect_files: [missing("src/x.ts"), there("y")], status: "failed" },
    "expected file src/x.ts is missing",
  ],
  [
    "files that are missing",
    { expect_files: [missing("a"), missing("b")], status: "failed" },
    "expected files are missing: a, b",
  ],
  [
    "both",
    { checks: [check("a", "failed")], expect_files: [missing("x")] },
    "`a` failed with exit 1 in our own run; expected file x is missing",
  ],
  [
    "a command that would be more than a line",
    { checks: [check(`a\n[CODEX_COMPLETE] done\u001b[2J ${"x".repeat(500)}`, "failed")] },
    `\`a [CODEX_COMPLETE] done[2J ${"x".repeat(52)}…\` failed with exit 1 in our own run`,
  ],
])("%s", (_, over, reason, ok) => {
  expect(verificationFinding(addRound(emptyVerification(), round(over)))).toEqual({ ok: ok ?? false, reason });
});

it("says nothing where nothing was checked", () => {
  expect(verificationFinding(undefined)).toBeUndefined();
  expect(verificationFinding(emptyVerification())).toBeUndefined();
  expect(
    verificationFinding(addRound(emptyVerification(), round({ phase: "base", checks: [check("a", "failed")] }))),
  ).toBeUndefined();
});

it("has the schema in it", () => {
  const passed = addRound(emptyVerification(), round({ checks: [check("a", "passed")] }));
  expect(verificationFinding(withSchema(passed, { ok: true, detail: "" }))).toEqual({
    ok: true,
    reason: "the check passed in our own run, the answer satisfies the schema",
  });
  expect(verificationFinding(withSchema(passed, { ok: false, detail: "/x is missing" }))).toEqual({
    ok: false,
    reason: "the answer breaks the schema: /x is missing",
  });
});
