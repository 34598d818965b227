import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgress, type Loudness } from "../../../src/commands/progress.ts";
import { describeEvent } from "../../../src/core/describe-event.ts";

type Event = Parameters<typeof describeEvent>[0];
const S = 1_000;
const command = (text: string): Event => ({ type: "command_started", id: "c", command: text });

function watch(loudness: Loudness, isTTY = false) {
  const stderr: PassThrough & { isTTY?: boolean } = Object.assign(new PassThrough(), { isTTY });
  const progress = createProgress(stderr, loudness, Date.now);
  return {
    progress,
    see: (...names: string[]) => {
      for (const name of names) progress.see(command(name));
    },
    pass: (seconds: number) => vi.advanceTimersByTime(seconds * S),
    /** What was written since the last look. */
    said: () => String(stderr.read() ?? ""),
  };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 * S });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progress in a log", () => {
  it("says the first thing at once", () => {
    const { see, said } = watch("normal");
    see("npm test");
    expect(said()).toBe("[PROGRESS] +0s npm test\n");
  });

  it("says at most a line in 10 s, the newest", () => {
    const { see, pass, said } = watch("normal");
    see("one");
    said();
    pass(3);
    see("two", "three");
    pass(6.9);
    expect(said()).toBe("");
    pass(0.2);
    expect(said()).toBe("[PROGRESS] +10s three\n");
    see("four");
    expect(said()).toBe("");
    pass(10);
    expect(said()).toBe("[PROGRESS] +20s four\n");
  });

  it("says what comes after a pause at once", () => {
    const { see, pass, said } = watch("normal");
    see("one");
    pass(15);
    said();
    see("two");
    expect(said()).toBe("[PROGRESS] +15s two\n");
  });

  it("has a heartbeat in 30 s while one thing goes on", () => {
    const { see, pass, said } = watch("normal");
    see("make");
    expect(said()).toBe("[PROGRESS] +0s make\n");
    pass(29);
    expect(said()).toBe("");
    pass(1);
    expect(said()).toBe("[PROGRESS] +30s make\n");
    pass(60);
    expect(said()).toBe("[PROGRESS] +60s make\n[PROGRESS] +90s make\n");
  });

  it("costs little, however much happens", () => {
    const { see, pass, said } = watch("normal");
    for (let at = 0; at < 600; at++) {
      see(`step ${at}`);
      pass(1);
    }
    const lines = said().trim().split("\n");
    expect(lines.length).toBeLessThanOrEqual(61);
    expect(lines.length).toBeGreaterThan(50);
  });

  it("says that Codex starts when nothing comes", () => {
    const { pass, said } = watch("normal");
    pass(1);
    expect(said()).toBe("[PROGRESS] +1s starting Codex\n");
    pass(30);
    expect(said()).toBe("[PROGRESS] +31s starting Codex\n");
  });

  it("is silent about what a reader would not miss", () => {
    const { progress, said } = watch("verbose");
    progress.see({ type: "usage" });
    progress.see({ type: "activity" });
    expect(said()).toBe("");
  });

  it("ends", () => {
    const { progress, see, pass, said } = watch("normal");
    see("one");
    progress.close();
    said();
    pass(120);
    expect(said()).toBe("");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("loudness", () => {
  it("quiet is nothing at all", () => {
    const { progress, see, pass, said } = watch("quiet");
    see("one");
    pass(120);
    progress.close();
    expect(said()).toBe("");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("verbose is every event as it comes", () => {
    const { see, said } = watch("verbose");
    see("one", "two", "three");
    expect(said()).toBe("[PROGRESS] +0s one\n[PROGRESS] +0s two\n[PROGRESS] +0s three\n");
  });

  it("verbose on a terminal is lines too", () => {
    const { see, said } = watch("verbose", true);
    see("one");
    expect(said()).toBe("[PROGRESS] +0s one\n");
  });
});

describe("progress on a terminal", () => {
  const CLEAR = "\r\x1b[2K";

  it("is one line that is written over", () => {
    const { see, pass, said } = watch("normal", true);
    see("one");
    expect(said()).toBe(`${CLEAR}[PROGRESS] +0s one`);
    pass(0.2);
    see("two");
    expect(said()).toBe(`${CLEAR}[PROGRESS] +0s two`);
    pass(1);
    expect(said()).toBe(`${CLEAR}[PROGRESS] +1s two`);
  });

  it("is not faster than an eye", () => {
    const { see, pass, said } = watch("normal", true);
    see("one", "two", "three");
    expect(said()).toBe(`${CLEAR}[PROGRESS] +0s one`);
    pass(0.9);
    expect(said()).toBe("");
    pass(0.1);
    expect(said()).toContain("three");
  });

  it("is no longer than a line", () => {
    const { see, said } = watch("normal", true);
    see("x".repeat(500));
    expect(said().slice(CLEAR.length)).toHaveLength(78);
  });

  it("is gone at the end, and nothing is wiped that was not written", () => {
    const shown = watch("normal", true);
    shown.see("one");
    shown.said();
    shown.progress.close();
    expect(shown.said()).toBe(CLEAR);
    const unseen = watch("normal", true);
    unseen.progress.close();
    expect(unseen.said()).toBe("");
  });
});

describe("an event in words", () => {
  it.each<[Event, string | undefined]>([
    [{ type: "turn", turnId: "t" }, "Codex is thinking"],
    [{ type: "message", text: "Half\nway" }, "Codex: Half way"],
    [{ type: "reasoning", text: "hm" }, "thinking: hm"],
    [command("npm test"), "npm test"],
    [command("/bin/bash -lc 'npm test'"), "npm test"],
    [command('/usr/bin/zsh -lc "npm test"'), "npm test"],
    [command("sh -c 'a && b'"), "a && b"],
    [command("bash -lc npm"), "npm"],
    [command("bash -lc 'a' && x"), "'a' && x"],
    [command("/bin/bash -lc 'one\ntwo'"), "one two"],
    [{ type: "command_ended", exitCode: 0, command: "npm test" }, undefined],
    [{ type: "command_ended", exitCode: 1, command: "/bin/bash -lc 'npm test'" }, "exit 1: npm test"],
    [{ type: "command_ended", exitCode: null, command: "npm test" }, "exit null: npm test"],
    [{ type: "check_started", phase: "after", index: 1, count: 2, command: "npm test" }, "check 1/2: npm test"],
    [
      { type: "check_started", phase: "base", index: 2, count: 2, command: "npm\ntest" },
      "check 2/2 before the turn: npm test",
    ],
    [{ type: "check_ended", phase: "after", outcome: "passed", command: "npm test" }, undefined],
    [{ type: "check_ended", phase: "base", outcome: "passed", command: "npm test" }, undefined],
    [{ type: "check_ended", phase: "after", outcome: "failed", command: "npm test" }, "check failed: npm test"],
    [
      { type: "check_ended", phase: "base", outcome: "timeout", command: "npm test" },
      "check timeout before the turn: npm test",
    ],
    [{ type: "edit", ok: true, files: [{ path: "a" }, { path: "b" }] }, "edited a, b"],
    [{ type: "edit", ok: true, files: [{}, null] }, "edited ?, ?"],
    [{ type: "edit" }, "edited files"],
    [{ type: "tool", phase: "started", name: "web_search" }, "tool web_search"],
    [{ type: "tool", phase: "ended", name: "web_search" }, undefined],
    [{ type: "question", question: "Which?" }, "Codex asks: Which?"],
    [{ type: "retry", message: "again", error: { details: "cut" } }, "Codex retries: again (cut)"],
    [{ type: "retry", message: "again", error: { message: "again" } }, "Codex retries: again"],
    [{ type: "retry", message: "again" }, "Codex retries: again"],
    [{ type: "warning", message: "careful" }, "warning: careful"],
    [{ type: "notice", message: "n" }, undefined],
    [{ type: "usage" }, undefined],
    [{ type: "of a newer broker" }, undefined],
  ])("%j is %j", (event, words) => {
    expect(describeEvent(event)).toBe(words);
  });

  it("is cut", () => {
    expect(describeEvent({ type: "message", text: "x".repeat(1_000) })).toHaveLength(160);
  });

  it.each(["\x1b[2J", "\x1b]0;title\x07", "\u009b31m", "\b\b", "\r", "\0", "\x7f", "\u2028"])(
    "does nothing to a terminal: %j",
    (evil) => {
      for (const event of [command(`a${evil}b`), { type: "message", text: `a${evil}b` }]) {
        expect(describeEvent(event)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }
    },
  );
});

it("always says that there is a second turn, also behind another line", () => {
  const { see, progress, said } = watch("normal");
  see("npm test");
  progress.see({ type: "review_started", verdict: "unverified", reason: "`npm test` failed" });
  expect(said()).toBe(
    "[PROGRESS] +0s npm test\n[PROGRESS] +0s the first turn failed, Codex gets a second one: `npm test` failed\n",
  );
});

it.each([
  [{ for: "slot", ahead: 3, until: null }, "waiting for its place among the background runs: 3 are before it"],
  [{ for: "slot", ahead: 1, until: null }, "waiting for its place among the background runs: 1 is before it"],
  [{ for: "slot", ahead: 0, until: null }, "waiting for its place among the background runs: it is next"],
  [{ for: "slot", ahead: null, until: null }, "waiting for its place among the background runs"],
  [
    { for: "quota", ahead: null, until: "2026-11-21T09:00:00.000Z" },
    "waiting for the quota until 2026-11-21T09:00:00.000Z",
  ],
  [{ for: "quota", ahead: null, until: null }, "waiting for the quota"],
])("says what a queued run waits for", (event, text) => {
  expect(describeEvent({ type: "waiting", ...event })).toBe(text);
});
