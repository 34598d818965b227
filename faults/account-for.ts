import type { Receipt } from "../src/core/record.ts";
import type { Message } from "../src/core/session.ts";

/** Something that was said to the session. Its mark is a word that stands in no other text. */
export interface Said {
  mark: string;
  how: "queue" | "steer" | "interrupt";
  /** Whether the caller got a receipt; undefined when the caller was cut off and can't know. */
  acknowledged: boolean | undefined;
}

/** A run as its record tells it. */
export interface Ran {
  runId: string;
  verdict: Receipt["verdict"];
  /** Codex was given the prompt. */
  sent: boolean;
}

export interface Ledger {
  said: readonly Said[];
  /** queue/*.json, by number. */
  messages: readonly Pick<Message, "number" | "text" | "state" | "run_id" | "why">[];
  runs: readonly Ran[];
  /** The user's texts of each request that the model got, in the order of the requests. */
  conversations: readonly (readonly string[])[];
  /** Somebody stopped the session: what waited then is undelivered, and says why. */
  stopped: boolean;
}

/** Runs that did not come to their own end: their message may have got lost on its way to the model. */
const CUT: readonly Receipt["verdict"][] = ["lost", "killed", "failed", "cancelled"];

/** What is not accounted for exactly once, in sentences; empty when everything is. */
export function accountFor(ledger: Ledger): string[] {
  return [...ledger.said.flatMap((said) => accountOne(said, ledger)), ...accountOrder(ledger)];
}

function accountOne(said: Said, { messages, runs, conversations, stopped }: Ledger): string[] {
  const { mark, how, acknowledged } = said;
  const named = (text: string) => new RegExp(`\\b${mark}\\b`).test(text);
  const records = messages.filter(({ text }) => named(text));
  const most = Math.max(0, ...conversations.map((texts) => texts.filter(named).length));
  if (most > 1) return [`${mark} was said to Codex ${most} times`];
  if (acknowledged === false)
    return records.length > 0 || most > 0
      ? [`${mark} was refused, and ${most > 0 ? "Codex" : "the queue"} has it`]
      : [];
  if (acknowledged === undefined && records.length === 0)
    return most > 0 ? [`${mark} reached Codex and has no record`] : [];
  const [record, ...more] = records;
  if (record === undefined) return [`${mark} was acknowledged and has no record`];
  if (more.length > 0) return [`${mark} has ${records.length} records`];
  if (stopped && record.state === "undelivered" && record.why !== null)
    return most > 0 ? [`${mark} is undelivered, and Codex has it`] : [];
  if (record.state !== "consumed" || record.run_id === null)
    return [`${mark} was acknowledged and is ${record.state} at the end (${record.why ?? "no reason"})`];
  const run = runs.find(({ runId }) => runId === record.run_id);
  if (run === undefined) return [`${mark} was consumed in ${record.run_id}, which has no receipt`];
  if ((conversations.at(-1)?.filter(named).length ?? 0) === 1) return [];
  if (!CUT.includes(run.verdict))
    return [`${mark} was consumed in a run that is ${run.verdict}, and Codex never got it`];
  // A steer goes to Codex as it is acknowledged; a prompt when the run says so.
  if (how !== "steer" && !run.sent && run.verdict !== "failed")
    return [`${mark} was consumed in a run that is ${run.verdict} and never gave it to Codex`];
  return [];
}

/** Queued messages come to Codex in the order of their receipts. */
function accountOrder({ said, messages, conversations }: Ledger): string[] {
  const last = conversations.at(-1) ?? [];
  const order = messages.flatMap(({ text }) => {
    const mark = said.find((one) => one.how === "queue" && new RegExp(`\\b${one.mark}\\b`).test(text))?.mark;
    const at = mark === undefined ? -1 : last.findIndex((told) => new RegExp(`\\b${mark}\\b`).test(told));
    return mark === undefined || at < 0 ? [] : [{ mark, at }];
  });
  const moved = order.find(({ at }, place) => place > 0 && at < (order[place - 1]?.at ?? 0));
  return moved === undefined ? [] : [`${moved.mark} came to Codex before what was sent before it`];
}
