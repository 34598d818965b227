import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CheckOutcome, CheckResult, VerificationRound } from "../../../src/core/verification.ts";
import {
  addRound,
  emptyVerification,
  lastRound,
  readVerification,
  redToGreen,
  withSchema,
  writeVerification,
} from "../../../src/run/verification-record.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { check, round } from "./sample-round.ts";

const PASSED = round({ checks: [check("npm test", "passed")] });
const FAILED = round({ checks: [check("npm test", "failed")] });
const BASE = round({ phase: "base", checks: [check("npm test", "failed")] });
const AGAIN = round({ by: "codex_runs verify", checks: [check("npm test", "passed")] });

describe("the status of the whole", () => {
  it.each<[name: string, rounds: (VerificationRound | undefined)[], schema: boolean | null, status: string]>([
    ["nothing", [], null, "none"],
    ["a round of nothing", [undefined], null, "none"],
    ["before the turn only", [BASE], null, "none"],
    ["passed", [PASSED], null, "passed"],
    ["failed", [FAILED], null, "failed"],
    ["failed before, passed after", [BASE, PASSED], null, "passed"],
    ["failed, and passed when asked again", [FAILED, AGAIN], null, "passed"],
    ["passed, and failed when asked again", [PASSED, FAILED], null, "failed"],
    ["passed, then looked at as a base", [PASSED, BASE], null, "passed"],
    ["the schema alone", [], true, "passed"],
    ["a broken schema alone", [], false, "failed"],
    ["passed with a broken schema", [PASSED], false, "failed"],
    ["failed with a schema that holds", [FAILED], true, "failed"],
  ])("%s", (_, rounds, schema, status) => {
    const record = rounds.reduce((done, one) => addRound(done, one), emptyVerification());
    const whole = schema === null ? record : withSchema(record, { ok: schema, detail: "x" });
    expect(whole.status).toBe(status);
    expect(whole.rounds).toEqual(rounds.filter((one) => one !== undefined));
  });
});

it("keeps every round as it was", () => {
  const first = addRound(emptyVerification(), FAILED);
  const second = addRound(first, AGAIN);
  expect(first.rounds).toEqual([FAILED]);
  expect(second.rounds).toEqual([FAILED, AGAIN]);
  expect(lastRound(second)).toBe(AGAIN);
  expect(addRound(second, undefined)).toBe(second);
});

describe("red to green", () => {
  const both = (before: CheckOutcome, after: CheckOutcome) =>
    redToGreen(round({ checks: [check("a", before)] }), round({ checks: [check("a", after)] }));
  it.each<[CheckOutcome, CheckOutcome, string[]]>([
    ["failed", "passed", ["a"]],
    ["timeout", "passed", ["a"]],
    ["passed", "passed", []],
    ["not_started", "passed", []],
    ["cancelled", "passed", []],
    ["failed", "failed", []],
    ["failed", "timeout", []],
  ])("from %s to %s: %j", (before, after, commands) => {
    expect(both(before, after)).toEqual(commands);
  });

  it("is by command, each once, in the order of the checks", () => {
    const before = ["x", "b", "a", "b"].map((one) => check(one, "failed"));
    const after = ["b", "c", "b", "a"].map((one) => check(one, "passed"));
    expect(redToGreen(round({ checks: before }), round({ checks: after }))).toEqual(["b", "a"]);
    expect(redToGreen(undefined, PASSED)).toEqual([]);
    expect(redToGreen(BASE, undefined)).toEqual([]);
  });

  it("is told of the last round, in the record", () => {
    const record = [BASE, FAILED].reduce((done, one) => addRound(done, one), emptyVerification());
    expect(record.red_to_green).toEqual([]);
    expect(addRound(record, AGAIN).red_to_green).toEqual(["npm test"]);
  });
});

describe("verification.json", () => {
  it("is read as it was written, by its user only", () => {
    const dir = tempDir();
    const record = addRound(emptyVerification(), round({ checks: [check("npm test", "failed", { reason: "x" })] }));
    expect(readVerification(dir)).toBeUndefined();
    writeVerification(dir, record);
    expect(readVerification(dir)).toEqual(record);
    expect(statSync(join(dir, "verification.json")).mode & 0o777).toBe(0o600);
  });

  it("has no secret in it, and is still read", () => {
    const dir = tempDir();
    const secret = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
    const odd: CheckResult = check(`echo "${secret}"`, "failed", { output_tail: `token: "${secret}"\n` });
    writeVerification(dir, addRound(emptyVerification(), round({ checks: [odd] })));
    expect(readFileSync(join(dir, "verification.json"), "utf8")).not.toContain(secret);
    expect(readVerification(dir)?.rounds[0]?.checks[0]?.command).toBe('echo "[redacted:github-token]"');
  });

  it("of a newer version is named as such", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "verification.json"), '{"version":2}');
    expect(() => readVerification(dir)).toThrow(/verification\.json was written by a newer ask-codex \(version 2\)/);
  });

  it.each(["", "{", "{}", '{"version":0}', "null"])("that holds %j is named and left alone", (text) => {
    const path = join(tempDir(), "verification.json");
    writeFileSync(path, text);
    expect(() => readVerification(join(path, ".."))).toThrow(/verification\.json is not what ask-codex wrote/);
    expect(existsSync(path) && readFileSync(path, "utf8")).toBe(text);
  });
});
