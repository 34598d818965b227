import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Push } from "../../../src/core/request.ts";
import { createPush } from "../../../src/push/push.ts";
import { sampleReceipt, sampleRequest, THREAD_ID } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const NOBODY: Push = { insecure: false, desktop: false };
const THREAD = { type: "thread", threadId: THREAD_ID } as const;

function world(over: Partial<Push> = {}) {
  const dir = tempDir();
  const stream = join(dir, "events.jsonl");
  let ms = 0;
  const request = sampleRequest({ workspace: dir, push: { ...NOBODY, stream, ...over } });
  const push = createPush({ request, env: { PATH: process.env.PATH, ASK_CODEX_RUN: "r-1" }, now: () => ms });
  if (!push) throw new Error("nobody is to be told");
  const lines = (): { event: string; [key: string]: unknown }[] =>
    readFileSync(stream, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  return {
    push,
    lines,
    pass: (by: number) => {
      ms += by;
    },
    sent: (count: number) => expect.poll(() => push.soFar().sent, { timeout: 10_000 }).toBe(count),
  };
}

describe("createPush", () => {
  it("is nothing where nobody is to be told", () => {
    expect(createPush({ request: sampleRequest(), env: {} })).toBeUndefined();
    expect(createPush({ request: sampleRequest({ push: NOBODY }), env: {} })).toBeUndefined();
  });

  it("tells of the start, of progress, of questions and of the end", async () => {
    const { push, lines, pass, sent } = world();
    push.see({ type: "turn", turnId: "t" });
    push.see(THREAD);
    push.see(THREAD);
    await sent(1);
    push.see({ type: "message", text: "too early" });
    pass(10_000);
    push.see({ type: "usage", total: { input: 1, cached: 0, output: 1 } });
    push.see({ type: "question", callId: "c", question: "told when it is parked", options: [] });
    push.see({ type: "message", text: "Now I look." });
    await sent(2);
    push.see({ type: "message", text: "too soon after it" });
    push.parked(sampleReceipt({ question: { question: "Which?", options: [] } }));
    expect(push.soFar()).toMatchObject({ pending: true, failed: [] });
    expect(await push.ended(sampleReceipt())).toEqual({ sent: 4, failed: [], pending: false });
    expect(lines()).toMatchObject([
      { event: "started", session_id: THREAD_ID },
      { event: "progress", text: "Codex: Now I look.", elapsed_ms: 10_000 },
      { event: "question", question: "Which?" },
      { event: "finished", verdict: "done" },
    ]);
  });

  it("tells the end once, and nothing after it", async () => {
    const { push, lines } = world();
    const first = push.ended(sampleReceipt());
    push.see(THREAD);
    push.parked(sampleReceipt());
    const second = push.ended(sampleReceipt({ verdict: "failed" }));
    expect(await second).toEqual(await first);
    expect(lines()).toMatchObject([{ event: "finished", verdict: "done" }]);
  });

  it("starts the command where the caller stood, without the mark of a run, so that it may delegate too", async () => {
    const cwd = tempDir();
    const { push } = world({ cmd: ["/bin/sh", "-c", "env > env"], cwd });
    expect(await push.ended(sampleReceipt())).toMatchObject({ sent: 2, failed: [] });
    expect(readFileSync(join(cwd, "env"), "utf8")).toMatch(/^PATH=/m);
    expect(readFileSync(join(cwd, "env"), "utf8")).not.toContain("ASK_CODEX_RUN");
  });

  it("goes on where one of several channels fails, and says which", async () => {
    const { push, lines } = world({ cmd: ["/bin/sh", "-c", "echo 'no room' >&2; exit 5"], url: "env:NOWHERE" });
    push.see(THREAD);
    const told = await push.ended(sampleReceipt());
    expect(lines().map(({ event }) => event)).toEqual(["started", "finished"]);
    expect(told.sent).toBe(2);
    expect(told.failed.map(({ channel, event, reason }) => `${channel} ${event}: ${reason}`)).toEqual([
      "command started: it ended with exit code 5: no room",
      "command finished: it ended with exit code 5: no room",
      "url started: --notify-url (the variable NOWHERE) is not set",
      "url finished: --notify-url (the variable NOWHERE) is not set",
    ]);
  });
});
