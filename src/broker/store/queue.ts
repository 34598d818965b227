import { join } from "node:path";
import { AskCodexError, messageOf } from "../../core/errors.ts";
import { Message } from "../../core/session.ts";
import { toJson } from "../../run/create-record.ts";
import { numbersIn } from "../../run/numbered-file.ts";
import { listDir, parseIfThere } from "../../run/record.ts";
import { attempt, isThere, moveFile } from "../../sys/files.ts";
import { makeLastingDir, makeOnce, writeLasting } from "../../sys/lasting-files.ts";
import { type SessionRef, sessionDir } from "./broker-record.ts";

/** So many messages may wait: a caller that sends more does not look. */
export const QUEUE_LIMIT = 1000;

const queueDir = (ref: SessionRef): string => join(sessionDir(ref), "queue");
const doneDir = (ref: SessionRef): string => join(queueDir(ref), "done");
const waitingPath = (ref: SessionRef, number: number): string => join(queueDir(ref), `${number}.json`);
const runPath = (ref: SessionRef, number: number): string => join(queueDir(ref), `${number}.run.json`);
const donePath = (ref: SessionRef, number: number): string => join(doneDir(ref), `${number}.json`);

/**
 * Every place that message n may have, so that what a long session has settled is not read for what waits:
 * queue/<n>.json while it waits, queue/<n>.run.json when it is the one that was consumed last (its run is the session's
 * latest), queue/done/<n>.json when it is settled. The state in the file is the truth, the place only follows it: a
 * broker that dies between the two leaves a file in the wrong place, and nothing wrong in it.
 */
const places = (ref: SessionRef, number: number): string[] => [
  waitingPath(ref, number),
  runPath(ref, number),
  donePath(ref, number),
];

/**
 * Keeps a message for good, behind all the others; only the broker of the session may, or whoever begins it. When this
 * returns, neither a crash nor a power failure loses it.
 */
export function addMessage(ref: SessionRef, message: Omit<Message, "number">): Message {
  makeLastingDir(doneDir(ref));
  const waiting = numbersIn(queueDir(ref));
  if (message.state === "queued" && waiting.length >= QUEUE_LIMIT)
    throw new AskCodexError("refused", `the queue of the session is full: ${waiting.length} messages wait in it`, {
      hint: `codex_broker wait ${ref.brokerId}, or codex_broker stop ${ref.brokerId}`,
    });
  const last = Math.max(waiting.at(-1) ?? 0, runNumbers(ref).at(-1) ?? 0, numbersIn(doneDir(ref)).at(-1) ?? 0);
  for (let number = last + 1; ; number++) {
    const added = { ...message, number };
    const path = message.state === "queued" ? waitingPath(ref, number) : donePath(ref, number);
    if (makeOnce(path, toJson(added))) return added;
  }
}

/** Writes what became of a message, for good. */
export function writeMessage(ref: SessionRef, message: Message): void {
  const { number, state } = message;
  let path = places(ref, number).find(isThere) ?? waitingPath(ref, number);
  if (state === "consumed" && path === waitingPath(ref, number)) {
    putAwayRun(ref);
    if (isThere(path)) moveFile(path, runPath(ref, number));
    path = runPath(ref, number);
  }
  writeLasting(path, toJson(message));
  const place = placeOf(ref, message, path);
  if (place !== path) moveFile(path, place);
}

function placeOf(ref: SessionRef, { number, state }: Message, path: string): string {
  if (state === "queued") return waitingPath(ref, number);
  return state === "consumed" ? path : donePath(ref, number);
}

/** Makes room for the next message that is consumed: the one before it has had its run. */
function putAwayRun(ref: SessionRef): void {
  for (const number of runNumbers(ref)) {
    const queued = parseIfThere(runPath(ref, number), Message)?.state === "queued";
    moveFile(runPath(ref, number), queued ? waitingPath(ref, number) : donePath(ref, number));
  }
}

/** All messages of a session, by number. */
export const readQueue = (ref: SessionRef): Message[] =>
  readMessages(ref, [...numbersIn(queueDir(ref)), ...runNumbers(ref), ...numbersIn(doneDir(ref))]);

/** The messages that wait, in the order in which they will run; costs nothing for those that are settled. */
export const readWaiting = (ref: SessionRef): Message[] =>
  inRunOrder(readMessages(ref, [...numbersIn(queueDir(ref)), ...runNumbers(ref)]));

/** The message that was consumed last; its run is the latest of the session. */
export const readConsumed = (ref: SessionRef): Message | undefined =>
  readMessages(ref, runNumbers(ref)).findLast((message) => message.state === "consumed");

/** The message whose turn it is: one that interrupts comes first, then the lowest number. */
export const nextWaiting = (messages: readonly Message[]): Message | undefined => inRunOrder(messages)[0];

function inRunOrder(messages: readonly Message[]): Message[] {
  const rank = (message: Message) => (message.delivery === "interrupt" ? 0 : 1);
  return messages
    .filter((message) => message.state === "queued")
    .toSorted((one, two) => rank(one) - rank(two) || one.number - two.number);
}

const runNumbers = (ref: SessionRef): number[] =>
  listDir(queueDir(ref))
    .flatMap((name) => (/^[1-9]\d{0,14}\.run\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((one, two) => one - two);

/** One that can't be read stops none of the others. */
const readMessages = (ref: SessionRef, numbers: readonly number[]): Message[] =>
  [...new Set(numbers)]
    .sort((one, two) => one - two)
    .flatMap((number) => attempt(() => readMessage(ref, number)) ?? []);

/** Why each message that waits and can't be read can't be. */
export const unreadMessages = (ref: SessionRef): string[] =>
  numbersIn(queueDir(ref)).flatMap((number) => {
    try {
      readMessage(ref, number);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });

/** One message. It moves in the order of its places, or back to the first when it waits again: two rounds find it. */
export function readMessage(ref: SessionRef, number: number): Message | undefined {
  for (const path of [...places(ref, number), ...places(ref, number)]) {
    const message = parseIfThere(path, Message);
    if (message) return message;
  }
  return undefined;
}
