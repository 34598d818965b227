import { describe, expect, it } from "vitest";
import { watchHeads } from "../../../../src/engine/app-server/watch-heads.ts";

const METHOD = "item/agentMessage/delta";
const delta = (text: string, itemId = "msg_1") => ({ threadId: "01a1", turnId: "01b2", itemId, delta: text });
const WORDS = "I look at the tests of the login page first, then at the handler that answers the form, and so on.";

/** What is told of a message that comes in pieces. */
function headsOf(pieces: readonly (readonly [text: string, itemId?: string])[]): string[] {
  const heads = watchHeads();
  return pieces.flatMap(([text, itemId]) => heads.see(METHOD, delta(text, itemId)) ?? []);
}
const letters = (text: string, itemId = "msg_1") => [...text].map((letter) => [letter, itemId] as const);

describe("the beginning of a message that streams", () => {
  it("is told once there is enough of it, in whole words", () => {
    expect(headsOf([[WORDS]])).toEqual([
      "I look at the tests of the login page first, then at the handler that answers",
    ]);
  });

  it.each([1, 7, 79, 80, 81])("is the same in pieces of %d", (size) => {
    const pieces = [...WORDS.matchAll(new RegExp(`.{1,${size}}`, "gs"))].map((match) => [match[0]] as const);
    expect(headsOf(pieces)).toEqual(headsOf([[WORDS]]));
  });

  it("is told once, however long the message gets", () => {
    expect(headsOf([...letters(WORDS), ...letters(WORDS), [WORDS]])).toHaveLength(1);
  });

  it("is not told of a short message, which comes whole in a moment", () => {
    expect(headsOf(letters("All done."))).toEqual([]);
  });

  it("is told of each message", () => {
    const other = `The second message ${WORDS}`;
    expect(headsOf([...letters(WORDS, "msg_1"), ...letters(other, "msg_2")])).toEqual([
      expect.stringMatching(/^I look/),
      expect.stringMatching(/^The second message I look/),
    ]);
  });

  it("begins anew with the next message, whatever there was of the one before", () => {
    expect(headsOf([["The beginning of a message that was cut, ", "msg_1"], ...letters(WORDS, "msg_2")])).toEqual([
      expect.stringMatching(/^I look/),
    ]);
  });

  it("has no half of a word: it may be half of a secret", () => {
    const key = `sk-proj-${"a1B2c3D4".repeat(12)}`;
    expect(headsOf([[`The key is in the file and it is ${key} which I use`]])).toEqual([
      "The key is in the file and it is",
    ]);
    expect(headsOf([[key]])).toEqual([]);
  });

  it("is told of a script without spaces, too", () => {
    expect(headsOf([["検".repeat(200)]])).toEqual(["検".repeat(80)]);
  });
});

describe("what is none", () => {
  it.each([
    ["a delta of a command's output", "item/commandExecution/outputDelta", delta(WORDS)],
    ["the whole message", "item/completed", { item: { type: "agentMessage", id: "msg_1", text: WORDS } }],
    ["a delta without text", METHOD, { itemId: "msg_1" }],
    ["a delta of nothing", METHOD, { delta: WORDS }],
    ["no params", METHOD, undefined],
  ])("%s", (_, method, params) => {
    expect(watchHeads().see(method, params)).toBeUndefined();
  });
});
