import { expect, test } from "vitest";
import { accountFor, type Ledger, type Ran, type Said } from "../../../faults/account-for.ts";

type Messages = Ledger["messages"];

const said = (mark: string, more: Partial<Said> = {}): Said => ({ mark, how: "queue", acknowledged: true, ...more });
const message = (mark: string, more: Partial<Messages[number]> = {}): Messages[number] => ({
  number: 1,
  text: `${mark}: do it`,
  state: "consumed",
  run_id: `r-${mark}`,
  why: null,
  ...more,
});
const ran = (mark: string, more: Partial<Ran> = {}): Ran => ({
  runId: `r-${mark}`,
  verdict: "done",
  sent: true,
  ...more,
});

/** Two messages, both done, in the conversation as the model saw it last. */
const GOOD: Ledger = {
  said: [said("say-0"), said("say-1")],
  messages: [message("say-0"), message("say-1", { number: 2 })],
  runs: [ran("say-0"), ran("say-1")],
  conversations: [["say-0: do it"], ["say-0: do it", "say-1: do it"]],
  stopped: false,
};
const UNDELIVERED = message("say-1", { number: 2, state: "undelivered", run_id: null, why: "stopped" });

const rows: [name: string, ledger: Partial<Ledger>, problem: RegExp | undefined][] = [
  ["all is well", {}, undefined],
  ["a mark is a whole word", { conversations: [["say-0: do it", "say-1: do it", "say-10", "say-11"]] }, undefined],
  ["said twice", { conversations: [["say-0", "say-1", "say-1 again"]] }, /say-1 was said to Codex 2 times/],
  ["said twice in a thread that was left", { conversations: [["say-0", "say-0"], ...GOOD.conversations] }, /2 times/],
  ["no record", { messages: [message("say-0")] }, /say-1 was acknowledged and has no record/],
  ["two records", { messages: [...GOOD.messages, message("say-1")] }, /say-1 has 2 records/],
  [
    "waits for ever",
    { messages: [message("say-0"), message("say-1", { state: "queued", run_id: null })] },
    /say-1 was acknowledged and is queued at the end/,
  ],
  ["not delivered", { messages: [message("say-0"), UNDELIVERED] }, /is undelivered at the end \(stopped\)/],
  [
    "not delivered, because the session was stopped",
    { messages: [message("say-0"), UNDELIVERED], conversations: [["say-0"]], stopped: true },
    undefined,
  ],
  [
    "not delivered, and Codex has it",
    { messages: [message("say-0"), UNDELIVERED], stopped: true },
    /say-1 is undelivered, and Codex has it/,
  ],
  ["a run without a receipt", { runs: [ran("say-0")] }, /consumed in r-say-1, which has no receipt/],
  ["done, and Codex never got it", { conversations: [["say-0"]] }, /consumed in a run that is done, and Codex never/],
  [
    "lost on its way after Codex had it",
    { conversations: [["say-0"]], runs: [ran("say-0"), ran("say-1", { verdict: "lost" })] },
    undefined,
  ],
  [
    "lost before Codex had it",
    { conversations: [["say-0"]], runs: [ran("say-0"), ran("say-1", { verdict: "lost", sent: false })] },
    /say-1 was consumed in a run that is lost and never gave it to Codex/,
  ],
  [
    "a steer that was lost with the turn of another message",
    {
      said: [said("say-0"), said("say-1", { how: "steer" })],
      messages: [message("say-0"), message("say-1", { run_id: "r-say-0" })],
      runs: [ran("say-0", { verdict: "killed" })],
      conversations: [["say-0"]],
    },
    undefined,
  ],
  ["out of order", { conversations: [["say-1", "say-0"]] }, /say-1 came to Codex before/],
  [
    "an interrupt may come first",
    { said: [said("say-0"), said("say-1", { how: "interrupt" })], conversations: [["say-1", "say-0"]] },
    undefined,
  ],
  [
    "refused, and it is nowhere",
    { said: [said("say-0"), said("say-1"), said("say-2", { acknowledged: false })] },
    undefined,
  ],
  [
    "refused, and Codex has it",
    {
      said: [...GOOD.said, said("say-2", { acknowledged: false })],
      conversations: [["say-0", "say-1", "say-2"]],
    },
    /say-2 was refused, and Codex has it/,
  ],
  [
    "refused, and the queue has it",
    {
      said: [...GOOD.said, said("say-2", { acknowledged: false })],
      messages: [...GOOD.messages, message("say-2")],
    },
    /say-2 was refused, and the queue has it/,
  ],
  ["a caller that was cut off", { said: [...GOOD.said, said("say-2", { acknowledged: undefined })] }, undefined],
  [
    "a caller that was cut off, and a message without a record",
    {
      said: [...GOOD.said, said("say-2", { acknowledged: undefined })],
      conversations: [["say-0", "say-1", "say-2"]],
    },
    /say-2 reached Codex and has no record/,
  ],
];

test.each(rows)("%s", (_, ledger, problem) => {
  const told = accountFor({ ...GOOD, ...ledger }).join("; ");
  if (problem === undefined) expect(told).toBe("");
  else expect(told).toMatch(problem);
});
