import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Channel, createLine } from "../../../src/push/line.ts";
import { aboutRun, finishedEvent, type PushEvent } from "../../../src/push/push-event.ts";
import { AT, sampleReceipt, sampleRequest } from "../core/samples.ts";

const S = 1_000;
const ABOUT = aboutRun(sampleRequest(), null, new Date(AT));
const STARTED: PushEvent = { ...ABOUT, event: "started" };
const FINISHED = finishedEvent(ABOUT, sampleReceipt());
const progress = (text: string): PushEvent => ({ ...ABOUT, event: "progress", text, elapsed_ms: 0 });
const question = (text: string): PushEvent => ({
  ...ABOUT,
  event: "question",
  question: text,
  options: [],
  answer: "a",
  elapsed_ms: 0,
});
const name = (event: PushEvent): string =>
  event.event === "progress" ? event.text : event.event === "question" ? event.question : event.event;

/** A channel whose sends the test ends itself. */
function hand(over: Partial<Channel> = {}) {
  const begun: string[] = [];
  const open: { resolve: () => void; reject: (error: unknown) => void; signal: AbortSignal }[] = [];
  const channel: Channel = {
    name: "command",
    limitMs: 10 * S,
    takes: () => true,
    send: (event, signal) => {
      begun.push(name(event));
      return new Promise((resolve, reject) => open.push({ resolve, reject, signal }));
    },
    ...over,
  };
  const line = createLine(channel, Date.now);
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * S);
  return { line, begun, open, pass, settle: () => vi.advanceTimersByTimeAsync(0) };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 * S });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a channel's line", () => {
  it("sends one event at a time, in the order in which they came, and the end last", async () => {
    const { line, begun, open, settle } = hand();
    line.put(STARTED);
    line.put(question("one"));
    line.put(question("two"));
    const end = line.end(FINISHED);
    for (let at = 0; at < 4; at++) {
      await settle();
      expect(begun).toEqual(["started", "one", "two", "finished"].slice(0, at + 1));
      open[at]?.resolve();
    }
    await end;
    expect(line).toMatchObject({ sent: 4, failed: [] });
  });

  it("sends progress at most every 10 s, the first 10 s after the start", async () => {
    const { line, begun, open, pass } = hand();
    line.put(progress("at 0"));
    await pass(9.9);
    line.put(progress("at 9.9"));
    await pass(0.1);
    expect(line.takesProgress()).toBe(true);
    line.put(progress("at 10"));
    await pass(0);
    open[0]?.resolve();
    await pass(9);
    line.put(progress("at 19"));
    await pass(1);
    line.put(progress("at 20"));
    await pass(0);
    expect(begun).toEqual(["at 10", "at 20"]);
  });

  it("lets progress go while another event is on its way", async () => {
    const { line, begun, open, pass } = hand({ limitMs: 60 * S });
    line.put(STARTED);
    await pass(15);
    line.put(progress("dropped"));
    open[0]?.resolve();
    await pass(0);
    line.put(progress("sent"));
    await pass(0);
    expect(begun).toEqual(["started", "sent"]);
  });

  it("goes on behind an event that failed, and says why", async () => {
    const { line, begun, open, settle } = hand();
    line.put(STARTED);
    const end = line.end(FINISHED);
    await settle();
    open[0]?.reject(new Error("no\nroom, sk-proj-abcdefghij0123456789ABCDEFGHIJ0123456789"));
    await settle();
    open[1]?.resolve();
    await end;
    expect(begun).toEqual(["started", "finished"]);
    expect(line.sent).toBe(1);
    expect(line.failed).toEqual([
      { channel: "command", event: "started", reason: expect.stringMatching(/^no room, \[redacted:/) },
    ]);
  });

  it("says once that progress fails", async () => {
    const { line, open, pass } = hand();
    for (let at = 0; at < 3; at++) {
      await pass(10);
      line.put(progress(String(at)));
      await pass(0);
      open[at]?.reject(new Error("no"));
      await pass(0);
    }
    expect(line.failed).toHaveLength(1);
  });

  it("gives an event its time, tells the channel, and does not wait for one that hears nothing", async () => {
    const { line, begun, open, pass } = hand();
    line.put(STARTED);
    line.put(question("next"));
    await pass(9.9);
    expect(begun).toEqual(["started"]);
    await pass(0.2);
    expect(open[0]?.signal.aborted).toBe(true);
    expect(begun).toEqual(["started", "next"]);
    expect(line.failed).toMatchObject([{ event: "started", reason: "it was not done after 10 s" }]);
  });

  it("is over 20 s after the end, however many hang before it", async () => {
    const { line, begun, pass } = hand({ limitMs: 20 * S });
    for (const text of ["one", "two", "three"]) line.put(question(text));
    let isOver = false;
    const end = line.end(FINISHED).then(() => {
      isOver = true;
    });
    await pass(10);
    expect(begun).toEqual(["one", "finished"]);
    await pass(9.9);
    expect(isOver).toBe(false);
    await pass(0.2);
    await end;
    expect(line.sent).toBe(0);
    expect(line.failed.map(({ event, reason }) => `${event}: ${reason}`)).toEqual([
      ...Array.from({ length: 3 }, () => "question: it was given up for the end of the run"),
      "finished: it was not out after 20 s",
    ]);
  });

  it("is over with what is on its way where the end is not for the channel", async () => {
    const { line, open, settle } = hand({ takes: (event) => event.event !== "finished" });
    line.put(STARTED);
    const end = line.end(FINISHED);
    await settle();
    open[0]?.resolve();
    await end;
    expect(line.sent).toBe(1);
  });
});
