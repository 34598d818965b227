import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SessionRef } from "../../../../src/broker/store/broker-record.ts";
import {
  addMessage,
  nextWaiting,
  QUEUE_LIMIT,
  readConsumed,
  readMessage,
  readQueue,
  readWaiting,
  unreadMessages,
  writeMessage,
} from "../../../../src/broker/store/queue.ts";
import type { Message } from "../../../../src/core/session.ts";
import { toJson } from "../../../../src/run/create-record.ts";
import { race } from "../../sys/race.ts";
import { messageOf, newSession, plant, runId, WORKSPACE } from "./new-session.ts";

const consumed = (message: Message): Message => ({ ...message, state: "consumed", run_id: message.request.runId });
const undelivered = (message: Message): Message => ({ ...message, state: "undelivered", why: "it was stopped" });
const numbers = (messages: readonly Message[]): number[] => messages.map(({ number }) => number);
const queue = (dir: string, ...names: string[]) => join(dir, "queue", ...names);
const files = (dir: string): string[] =>
  [...readdirSync(queue(dir)), ...readdirSync(queue(dir, "done")).map((name) => `done/${name}`)]
    .filter((name) => name !== "done")
    .sort();

function send(ref: SessionRef, number: number, over: Partial<Message> = {}): Message {
  const { number: _, ...message } = messageOf(number, over);
  return addMessage(ref, message);
}

describe("a message", () => {
  it("gets the next number, and is kept for its user alone", () => {
    const { ref, dir } = newSession();
    const sent = [1, 2, 3].map((number) => send(ref, number));
    expect(sent).toEqual([1, 2, 3].map((number) => messageOf(number)));
    expect(readWaiting(ref)).toEqual(sent);
    expect(files(dir)).toEqual(["1.json", "2.json", "3.json"]);
    const modes = [queue(dir, "1.json"), queue(dir), queue(dir, "done")].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o600, 0o700, 0o700]);
  });

  it("is behind every one that there ever was", () => {
    const { ref } = newSession();
    for (let at = 1; at <= 11; at++) {
      expect(send(ref, 1).number).toBe(at);
      const message = readMessage(ref, at);
      if (message && at % 2 === 0) writeMessage(ref, consumed(message));
      if (message && at % 3 === 0) writeMessage(ref, undelivered(message));
    }
    expect(numbers(readQueue(ref))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(numbers(readWaiting(ref))).toEqual([1, 5, 7, 11]);
  });

  it("of a session that has none is none", () => {
    const { ref } = newSession();
    expect([readQueue(ref), readWaiting(ref), readConsumed(ref), readMessage(ref, 1)]).toEqual([
      [],
      [],
      undefined,
      undefined,
    ]);
  });

  it("that was settled before it was kept is kept as such", () => {
    const { ref, dir } = newSession();
    const { number: _, ...message } = consumed(messageOf(1));
    expect(addMessage(ref, message).number).toBe(1);
    expect(files(dir)).toEqual(["done/1.json"]);
    expect([readWaiting(ref), readConsumed(ref)]).toEqual([[], undefined]);
    expect(readMessage(ref, 1)).toEqual({ ...message, number: 1 });
  });

  it("goes where what became of it belongs", () => {
    const { ref, dir } = newSession();
    const [one, two, three] = [1, 2, 3].map((number) => send(ref, number));
    if (!one || !two || !three) throw new Error("not sent");
    writeMessage(ref, consumed(one));
    expect(files(dir)).toEqual(["1.run.json", "2.json", "3.json"]);
    expect(readConsumed(ref)).toEqual(consumed(one));
    writeMessage(ref, consumed(two));
    expect(files(dir)).toEqual(["2.run.json", "3.json", "done/1.json"]);
    expect(readConsumed(ref)?.run_id).toBe(runId(2));
    writeMessage(ref, undelivered(three));
    expect(files(dir)).toEqual(["2.run.json", "done/1.json", "done/3.json"]);
    expect(readConsumed(ref)?.run_id).toBe(runId(2));
    expect(readQueue(ref)).toEqual([consumed(one), consumed(two), undelivered(three)]);
  });

  it("may be told more of in its place, wherever that is", () => {
    const { ref, dir } = newSession();
    for (const number of [1, 2, 3]) send(ref, number);
    writeMessage(ref, consumed(messageOf(1)));
    writeMessage(ref, consumed(messageOf(2)));
    for (const number of [1, 2]) writeMessage(ref, { ...consumed(messageOf(number)), why: "more" });
    writeMessage(ref, { ...messageOf(3), delivery: "queue", why: "the turn had ended" });
    expect(files(dir)).toEqual(["2.run.json", "3.json", "done/1.json"]);
    expect(readQueue(ref).map(({ why }) => why)).toEqual(["more", "more", "the turn had ended"]);
    expect(readConsumed(ref)?.number).toBe(2);
  });

  it("waits again under its number when its run never got it", () => {
    const { ref, dir } = newSession();
    for (const number of [1, 2]) send(ref, number);
    writeMessage(ref, consumed(messageOf(1)));
    const again = { ...messageOf(1), request: { ...messageOf(1).request, runId: runId(9) } };
    writeMessage(ref, again);
    expect(files(dir)).toEqual(["1.json", "2.json"]);
    expect(readWaiting(ref)).toEqual([again, messageOf(2)]);
    expect(readConsumed(ref)).toBeUndefined();
  });
});

describe("whose turn it is", () => {
  it.each<[what: string, queue: Partial<Message>[], order: number[]]>([
    ["nobody's", [], []],
    ["the first one's", [{}, {}, {}], [1, 2, 3]],
    ["the one's that interrupts", [{}, {}, { delivery: "interrupt" }], [3, 1, 2]],
    ["the first one's that interrupts", [{}, { delivery: "interrupt" }, {}, { delivery: "interrupt" }], [2, 4, 1, 3]],
    ["a steer's that came too late, in its order", [{}, { delivery: "steer" }, {}], [1, 2, 3]],
    ["not a settled one's", [{ state: "consumed" }, { state: "undelivered", delivery: "interrupt" }, {}], [3]],
  ])("is %s", (_, states, order) => {
    const { ref, message } = newSession();
    const messages = states.map((state, at) => message(at + 1, state));
    expect(numbers(readWaiting(ref))).toEqual(order);
    expect(nextWaiting(readWaiting(ref))?.number).toBe(order[0]);
    expect(nextWaiting(messages.toReversed())?.number).toBe(order[0]);
  });
});

describe("a broker that dies while it writes", () => {
  it.each<[where: string, plan: (dir: string) => void, waiting: number[], last: number | undefined]>([
    [
      "before the message that it takes",
      (dir) => renameSync(queue(dir, "1.run.json"), queue(dir, "done", "1.json")),
      [2, 3],
      undefined,
    ],
    [
      "before it has written that it is taken",
      (dir) => {
        renameSync(queue(dir, "1.run.json"), queue(dir, "done", "1.json"));
        renameSync(queue(dir, "2.json"), queue(dir, "2.run.json"));
      },
      [2, 3],
      undefined,
    ],
    [
      "before it puts a settled one away",
      (dir) => writeFileSync(queue(dir, "2.json"), toJson(undelivered(messageOf(2)))),
      [3],
      1,
    ],
    [
      "before it puts one back that waits again",
      (dir) => writeFileSync(queue(dir, "1.run.json"), toJson(messageOf(1))),
      [1, 2, 3],
      undefined,
    ],
    ["with half a file", (dir) => writeFileSync(queue(dir, ".ask-codex-0123.tmp"), '{"version":1'), [2, 3], 1],
  ])("%s has lost nothing, and the next one goes on", (_, plan, waiting, last) => {
    const { ref, dir } = newSession();
    for (const number of [1, 2, 3]) send(ref, number);
    writeMessage(ref, consumed(messageOf(1)));
    plan(dir);
    expect(numbers(readWaiting(ref))).toEqual(waiting);
    expect(readConsumed(ref)?.number).toBe(last);
    expect(numbers(readQueue(ref))).toEqual([1, 2, 3]);
    expect(send(ref, 4).number).toBe(4);
    writeMessage(ref, consumed(messageOf(3)));
    expect(numbers(readWaiting(ref))).toEqual([...waiting.filter((number) => number !== 3), 4]);
    expect(readConsumed(ref)?.number).toBe(3);
    expect(numbers(readQueue(ref))).toEqual([1, 2, 3, 4]);
  });
});

describe("a queue", () => {
  it("that is full takes no more, until one is taken from it", () => {
    const { ref, dir } = newSession();
    send(ref, 1);
    for (let number = 2; number <= QUEUE_LIMIT; number++) plant(queue(dir, `${number}.json`), messageOf(number));
    expect(() => send(ref, 1)).toThrow(
      expect.objectContaining({ kind: "refused", message: expect.stringContaining("1000 messages wait") }),
    );
    expect(files(dir)).toHaveLength(QUEUE_LIMIT);
    writeMessage(ref, consumed(messageOf(1)));
    expect(send(ref, 1).number).toBe(QUEUE_LIMIT + 1);
  });

  it("is read for what waits without what is settled", () => {
    const { ref, dir, message } = newSession();
    message(1, { state: "consumed", run_id: runId(1) });
    message(2, { state: "consumed", run_id: runId(2) });
    message(3);
    writeFileSync(queue(dir, "done", "1.json"), "rubbish that nobody reads");
    expect(numbers(readWaiting(ref))).toEqual([3]);
    expect(readConsumed(ref)?.number).toBe(2);
    expect(numbers(readQueue(ref))).toEqual([2, 3]);
  });

  it.each<[name: string, text: string | object, why: RegExp]>([
    ["cut off", toJson(messageOf(2)).slice(0, 200), /2\.json is not what ask-codex wrote; it was left alone/],
    ["newer", { ...messageOf(2), version: 2 }, /2\.json was written by a newer ask-codex \(version 2\)/],
  ])("with a file that is %s says which, leaves it alone, and goes on with the others", (_, text, why) => {
    const { ref, dir, message } = newSession();
    message(1);
    plant(queue(dir, "2.json"), text);
    const before = readFileSync(queue(dir, "2.json"), "utf8");
    expect(unreadMessages(ref)).toEqual([expect.stringMatching(why)]);
    expect(numbers(readWaiting(ref))).toEqual([1]);
    expect(send(ref, 3).number).toBe(3);
    expect(readFileSync(queue(dir, "2.json"), "utf8")).toBe(before);
  });

  it("is not moved by what else lies in its folder", () => {
    const { ref, dir, message } = newSession();
    message(1);
    for (const name of ["7.tmp", "notes.json", "08.json", "9.run.json.bak"]) writeFileSync(queue(dir, name), "rubbish");
    mkdirSync(queue(dir, "done", "10.jsonx"));
    expect(numbers(readQueue(ref))).toEqual([1]);
    expect(send(ref, 2).number).toBe(2);
  });

  it("that 3 processes look at while its broker works is whole in every look", async () => {
    const { home, ref, dir } = newSession();
    const argvs = ["writer", ...Array.from({ length: 3 }, () => "reader")].map((role) => [home, WORKSPACE, role, "40"]);
    const ends = await race(join(import.meta.dirname, "queue-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
    expect(numbers(readQueue(ref))).toHaveLength(40);
    expect(readWaiting(ref)).toEqual([]);
    expect(existsSync(queue(dir, "1.json"))).toBe(false);
  });
});
