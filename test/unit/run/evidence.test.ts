import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decideVerdict, type Evidence } from "../../../src/run/decide-verdict.ts";
import { keepEvidence, readEvidence } from "../../../src/run/evidence.ts";
import { tempDir } from "../sys/temp-dir.ts";
import {
  completed,
  DONE,
  evidence,
  failed,
  gone,
  OPEN,
  QUESTION,
  stop,
  turn,
  UNAUTHORIZED,
} from "./sample-evidence.ts";

const OUTSIDE = [{ path: "b", change: "renamed" as const, from: "a" }];

describe("evidence.json", () => {
  it.each<[name: string, Evidence]>([
    ["a turn that is done", evidence({ turn: completed(DONE), checked: { ok: true, reason: "the check passed" } })],
    ["a question", evidence({ turn: completed(QUESTION) })],
    [
      "an error with all that is typed",
      evidence({
        turn: failed({ message: "m", code: "c", httpStatus: 401, details: "d" }, { lastError: UNAUTHORIZED }),
      }),
    ],
    [
      "a usage limit",
      evidence({
        turn: failed(
          { message: "limit", code: "usageLimitExceeded" },
          { usageLimit: { usedPercent: 100, resetsAt: 1_800_000_000 } },
        ),
      }),
    ],
    ["a limit of ours", evidence({ turn: OPEN, stop: stop("timeout", "long", "split") })],
    ["a stop without a hint", evidence({ turn: OPEN, stop: stop("cancelled") })],
    ["a Codex that was killed", evidence({ turn: OPEN, failure: gone("killed", "by SIGKILL", "resume") })],
    ["a refusal", evidence({ turn: OPEN, failure: gone("refused") })],
    ["a violation", evidence({ turn: completed(DONE), outOfScope: OUTSIDE })],
    ["a scope that nobody could audit", evidence({ turn: completed(DONE), unaudited: "git: fatal" })],
    ["a schema that is broken", evidence({ turn: completed("{}"), schema: true, checked: { ok: false, reason: "r" } })],
    [
      "a command that failed last",
      evidence({
        turn: turn({ ...completed(DONE), failedCommands: 2, lastCommand: { command: "npm t", exitCode: null } }),
      }),
    ],
  ])("gives the same verdict again: %s", (_, given) => {
    const dir = tempDir();
    const kept = keepEvidence(dir, given);
    expect(decideVerdict(kept)).toEqual(decideVerdict(given));
    expect(readEvidence(dir)).toEqual(kept);
  });

  it("has no secret in it, and the verdict is decided from what is kept", () => {
    const dir = tempDir();
    const key = `sk-${"aB3dE5gH7jK9".repeat(3)}`;
    const kept = keepEvidence(dir, evidence({ turn: completed(`The key is ${key}. Which one is right?`) }));
    expect(readFileSync(join(dir, "evidence.json"), "utf8")).not.toContain(key);
    expect(decideVerdict(kept).question).toContain("[redacted:openai-key]");
  });

  it("is bounded, and keeps both ends of an answer that is too long", () => {
    const dir = tempDir();
    const long = "x".repeat(1_000_000);
    const error = { message: long, details: long };
    const state = turn({ ...failed(error), lastMessage: `Begin ${long}\n\nStatus: blocked`, lastError: error });
    const outOfScope = Array.from({ length: 5_000 }, (_, at) => ({ path: `f${at}`, change: "created" as const }));
    keepEvidence(dir, evidence({ turn: state, outOfScope, unaudited: long, checked: { ok: false, reason: long } }));
    expect(readFileSync(join(dir, "evidence.json"), "utf8").length).toBeLessThan(150_000);
    const again = readEvidence(dir);
    expect(again.turn.lastMessage).toMatch(/^Begin x+\n\n\[…\]\n\nx+\n\nStatus: blocked$/);
    expect(decideVerdict(again).verdict).toBe("violation");
  });

  it("that can't be written changes no verdict", () => {
    const dir = join(tempDir(), "nowhere");
    expect(decideVerdict(keepEvidence(dir, evidence({ turn: completed(QUESTION) }))).verdict).toBe("question");
  });

  it("that is missing or is not ours is named", () => {
    const dir = tempDir();
    expect(() => readEvidence(dir)).toThrow(/evidence\.json is missing/);
    writeFileSync(join(dir, "evidence.json"), "{}");
    expect(() => readEvidence(dir)).toThrow(/evidence\.json is not what ask-codex wrote/);
  });
});
