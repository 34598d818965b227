import { describe, expect, test } from "vitest";
import { BROKER_ID } from "../../core/samples.ts";
import { callBroker, fromStdin, openSession } from "./broker-world.ts";
import { runId } from "./session-world.ts";

const ASKING = {
  runs: [
    {
      status: {
        state: "waiting_input" as const,
        question: { callId: "c", question: "Which?", options: [], askedAt: "2026-11-21T05:11:03.000Z" },
      },
    },
  ],
};

test("an answer goes to the run that asks, by any of its ids, as it stands or from stdin", async () => {
  const { asked, home, say } = await openSession(ASKING, {
    answer: (_, id) => ({ delivered: true, run_id: id ?? null }),
  });
  const first = await say("answer", runId(0), "--", "-m sqlite");
  expect([first.code, first.err]).toEqual([0, ""]);
  expect(first.lines).toEqual({ delivery: "answered", run_id: runId(0) });
  const second = await callBroker(home, ["answer", "--json", BROKER_ID, "-"], fromStdin("two\nlines"));
  expect(JSON.parse(second.out)).toEqual({ delivery: "answered", run_id: runId(0) });
  expect(asked).toEqual([
    ["answer", "-m sqlite", runId(0)],
    ["answer", "two\nlines", runId(0)],
  ]);
});

test("a one-run session is answered, too", async () => {
  const { asked, say } = await openSession({ ...ASKING, broker: false });
  expect((await say("answer", BROKER_ID, "yes")).code).toBe(0);
  expect(asked).toEqual([["answer", "yes", runId(0)]]);
});

test("a secret in an answer goes nowhere", async () => {
  const { asked, say } = await openSession(ASKING);
  expect((await say("answer", BROKER_ID, `sk-${"a1B2".repeat(12)}`)).code).toBe(64);
  expect(asked).toEqual([]);
});

describe("75 and one sentence", () => {
  test("where nothing waits", async () => {
    const { asked, say } = await openSession({ runs: [{ receipt: {} }] });
    const { code, err } = await say("answer", BROKER_ID, "yes");
    expect([code, asked]).toEqual([75, []]);
    expect(err).toMatch(/is waiting_input, and nothing waits for an answer\n.*codex_broker send/);
  });

  test("where somebody was faster", async () => {
    const { say } = await openSession(ASKING, { answer: () => ({ delivered: false, run_id: null }) });
    const { code, out, err } = await say("answer", BROKER_ID, "yes");
    expect([code, out]).toEqual([75, ""]);
    expect(err).toMatch(/nothing waits for an answer/);
  });
});

test.each([
  [["answer", BROKER_ID], /takes an id and a text/],
  [["answer", BROKER_ID, " "], /the answer is empty/],
  [["answer", "--quiet", BROKER_ID, "x"], /--quiet is for what is waited for/],
  [["answer", "--wait", "--quiet", "--verbose", BROKER_ID, "x"], /--quiet and --verbose contradict/],
])("%j is bad input", async (argv, sentence) => {
  const { asked, say } = await openSession(ASKING);
  const { code, err } = await say(...argv);
  expect(err).toMatch(sentence);
  expect([code, asked]).toEqual([64, []]);
});
