import { describe, expect, it } from "vitest";
import type { ChangedFile } from "../../../src/core/record.ts";
import { decideVerdict } from "../../../src/run/decide-verdict.ts";
import {
  BLOCKED,
  CUT,
  completed,
  DONE,
  evidence,
  failed,
  gone,
  INTERRUPTED,
  OPEN,
  PARTIAL,
  QUESTION,
  stop,
  UNAUTHORIZED,
  type VerdictRow,
} from "./sample-evidence.ts";

const GOOD = { ok: true, reason: "" };
const RED = { ok: false, reason: "npm test failed with exit code 1" };
const BROKEN = { ok: false, reason: "the answer breaks the schema: /a must be string" };
const changed = (...paths: string[]): ChangedFile[] => paths.map((path) => ({ path, change: "modified" }));
const OUTSIDE = changed("other/x");

const ROWS: VerdictRow[] = [
  // Our own run of the checks stands above Codex's word.
  { row: "checks that passed", turn: completed(DONE), checked: GOOD, verdict: "done" },
  {
    row: "checks that failed, whatever Codex says",
    turn: completed(`All tests pass. ${DONE}`),
    checked: RED,
    verdict: "unverified",
    says: RED.reason,
    hint: /repair.*--session/,
  },
  {
    row: "a scope that nobody could audit",
    turn: completed(DONE),
    unaudited: "git status: fatal",
    verdict: "failed",
    says: "nobody can tell whether the write scope was kept: git status: fatal",
    hint: /yourself/,
  },
  { row: "checks that failed, no status line", turn: completed("Done."), checked: RED, verdict: "unverified" },
  { row: "checks that passed make no work whole", turn: completed(PARTIAL), checked: GOOD, verdict: "failed" },
  { row: "partial work comes before its checks", turn: completed(PARTIAL), checked: RED, verdict: "failed" },
  { row: "an empty answer comes before its checks", turn: completed(""), checked: RED, verdict: "failed" },
  { row: "a question comes before the checks", turn: completed(QUESTION), checked: RED, verdict: "question" },
  { row: "blocked comes before the checks", turn: completed(BLOCKED), checked: RED, verdict: "blocked" },
  { row: "a turn that failed is not unverified", turn: failed(CUT), checked: RED, verdict: "failed" },
  { row: "an interrupted one neither", turn: INTERRUPTED, checked: RED, verdict: "cancelled" },
  { row: "one that never ended neither", turn: OPEN, checked: RED, verdict: "failed" },
  { row: "out of time, and red", turn: completed(DONE), stop: stop("timeout"), checked: RED, verdict: "timeout" },
  { row: "cancelled, and red", turn: completed(DONE), stop: stop("cancelled"), checked: RED, verdict: "cancelled" },
  { row: "an exit, and red", turn: completed(DONE), failure: gone("failed"), checked: RED, verdict: "failed" },
  // With a schema the answer is JSON: it has no status line, and none is read into it.
  { row: "a good answer", turn: completed('{"a":"b"}'), schema: true, checked: GOOD, verdict: "done" },
  {
    row: "a bad answer",
    turn: completed('{"a":1}'),
    schema: true,
    checked: BROKEN,
    verdict: "unverified",
    says: BROKEN.reason,
    hint: /repair/,
  },
  {
    row: "a good answer with a status in it",
    turn: completed('{"x":"Status: blocked"}'),
    schema: true,
    checked: GOOD,
    verdict: "done",
  },
  { row: "a bad answer that asks", turn: completed(QUESTION), schema: true, checked: BROKEN, verdict: "unverified" },
  { row: "a schema, and no completed turn", turn: failed(CUT), schema: true, checked: BROKEN, verdict: "failed" },
  {
    row: "out of time with a bad answer",
    turn: completed("{}"),
    stop: stop("timeout"),
    schema: true,
    checked: BROKEN,
    verdict: "timeout",
  },
  {
    row: "an exit with a bad answer",
    turn: completed("{}"),
    failure: gone("failed"),
    schema: true,
    checked: BROKEN,
    verdict: "failed",
  },
  // What it may not have changed stands above everything but an end that was not its own.
  {
    row: "out of scope",
    turn: completed(DONE),
    outOfScope: OUTSIDE,
    verdict: "violation",
    says: "it changed what it may not: other/x",
    hint: /undo.*--out-of-scope/,
  },
  {
    row: "three out of scope are named",
    turn: completed(DONE),
    outOfScope: changed("a", "b", "c"),
    verdict: "violation",
    says: "it changed what it may not: a, b, c",
  },
  {
    row: "more of them are counted",
    turn: completed(DONE),
    outOfScope: changed("a", "b", "c", "d", "e"),
    verdict: "violation",
    says: "it changed what it may not: a, b, c and 2 more",
  },
  {
    row: "green checks excuse nothing",
    turn: completed(DONE),
    outOfScope: OUTSIDE,
    checked: GOOD,
    verdict: "violation",
  },
  { row: "red checks do not hide it", turn: completed(DONE), outOfScope: OUTSIDE, checked: RED, verdict: "violation" },
  { row: "nor a question", turn: completed(QUESTION), outOfScope: OUTSIDE, verdict: "violation" },
  { row: "nor blocked", turn: completed(BLOCKED), outOfScope: OUTSIDE, verdict: "violation" },
  { row: "nor partial work", turn: completed(PARTIAL), outOfScope: OUTSIDE, verdict: "violation" },
  { row: "nor a turn that failed", turn: failed(CUT), outOfScope: OUTSIDE, verdict: "violation" },
  { row: "nor a full disk", turn: OPEN, stop: stop("failed"), outOfScope: OUTSIDE, verdict: "violation" },
  { row: "nor an exit of Codex's", turn: OPEN, failure: gone("failed"), outOfScope: OUTSIDE, verdict: "violation" },
  {
    row: "nor a schema",
    turn: completed("{}"),
    schema: true,
    checked: GOOD,
    outOfScope: OUTSIDE,
    verdict: "violation",
  },
  { row: "cancelled stands above", turn: OPEN, stop: stop("cancelled"), outOfScope: OUTSIDE, verdict: "cancelled" },
  { row: "a kill too", turn: OPEN, failure: gone("killed"), outOfScope: OUTSIDE, verdict: "killed" },
  { row: "a lost run too", turn: OPEN, failure: gone("lost"), outOfScope: OUTSIDE, verdict: "lost" },
  { row: "a login too", turn: failed(UNAUTHORIZED), outOfScope: OUTSIDE, verdict: "fatal" },
  { row: "a limit too", turn: OPEN, stop: stop("timeout"), outOfScope: OUTSIDE, verdict: "timeout" },
  {
    row: "refused means that it never began",
    turn: OPEN,
    failure: gone("refused"),
    outOfScope: OUTSIDE,
    verdict: "refused",
  },
];

describe("the verdict, of what we saw ourselves", () => {
  it.each(ROWS)("$row: $verdict", ({ row: _, verdict, says, hint, ...found }) => {
    const decided = decideVerdict(evidence(found));
    expect(decided.verdict).toBe(verdict);
    expect(decided.reason).not.toBe("");
    if (typeof says === "string") expect(decided.reason).toBe(says);
    else if (says) expect(decided.reason).toMatch(says);
    if (hint) expect(decided.hint).toMatch(hint);
  });
});
