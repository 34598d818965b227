import { describe, expect, it } from "vitest";
import { aboutRun, finishedEvent, progressText, questionEvent, toLine } from "../../../src/push/push-event.ts";
import { AT, BROKER_ID, RUN_ID, samplePacket, sampleReceipt, sampleRequest, THREAD_ID } from "../core/samples.ts";

const KEY = "sk-proj-abcdefghij0123456789ABCDEFGHIJ0123456789";
const about = (goal = "fix it") => aboutRun(sampleRequest({ packet: samplePacket({ goal }) }), THREAD_ID, new Date(AT));

describe("an event", () => {
  it("says which run it is about, and how it ended", () => {
    const receipt = sampleReceipt({ files_changed: [{ path: "a", change: "modified" }], verification: "passed" });
    expect(JSON.parse(toLine(finishedEvent(about(), receipt)))).toEqual({
      version: 1,
      at: AT,
      run_id: RUN_ID,
      broker_id: BROKER_ID,
      session_id: THREAD_ID,
      workspace: "/work/a project",
      goal: "fix it",
      event: "finished",
      verdict: "done",
      exit_code: 0,
      reason: "the turn completed",
      output_path: "/work/a project/.ask-codex/r.md",
      record: "/state/runs/r",
      files_changed: 1,
      policy: "ok",
      verification: "passed",
      tokens: { input: 300, cached: 190, output: 12 },
      elapsed_ms: 16_240,
      answer: "I did it.",
    });
  });

  it("is one line, whatever is in it", () => {
    const line = toLine(finishedEvent(about("a\nb"), sampleReceipt({ answer: 'x\r\n"y"\u2028z' })));
    expect(line).not.toMatch(/[\r\n]/);
    expect(JSON.parse(line)).toMatchObject({ goal: "a\nb", answer: 'x\r\n"y"\u2028z' });
  });

  it("has heads of long texts, and no half of a character or of a secret", () => {
    const event = finishedEvent(
      about(`${"g".repeat(199)}\u{1f600}`),
      sampleReceipt({ answer: `${"a".repeat(985)} ${KEY}${"b".repeat(500)}`, files_changed: null }),
    );
    expect(event.goal).toBe("g".repeat(199));
    expect(event).toMatchObject({ files_changed: null });
    expect(toLine(event)).not.toContain("sk-proj");
    expect("answer" in event && event.answer.length).toBeLessThanOrEqual(1_000);
  });

  it("says how a question is answered", () => {
    const receipt = sampleReceipt({ question: { question: `Which? ${KEY}`, options: ["a", "b"] }, elapsed_ms: 5 });
    const event = questionEvent(about(), receipt);
    expect(event).toMatchObject({ options: ["a", "b"], answer: `ask_codex --session ${RUN_ID} "…"`, elapsed_ms: 5 });
    expect(toLine(event)).toContain("Which? [redacted:");
  });

  it("describes progress without the secret that its cut would leave half of", () => {
    const text = progressText({ type: "message", text: `${"m".repeat(130)} ${KEY}` });
    expect(text).toMatch(/^Codex: m+ \[redacted/);
    expect(text).not.toContain("sk-proj");
    expect(progressText({ type: "usage" })).toBeUndefined();
  });
});
