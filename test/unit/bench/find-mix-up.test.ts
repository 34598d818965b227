import { expect, test } from "vitest";
import { findMixUp, seeTurn } from "../../../bench/find-mix-up.ts";

const CHAINS = [
  ["word-a-1", "word-a-2"],
  ["word-b-1", "word-b-2"],
];
/** Each chain in a thread of its own, one after the other. */
const RIGHT = [
  { thread: "one", words: "word-a-1" },
  { thread: "two", words: "word-b-1" },
  { thread: "two", words: "word-b-1 word-b-2" },
  { thread: "one", words: "word-a-1 word-a-2" },
];

test("chains with a thread each are in order, in whatever order they are asked, and when a request is sent again", () => {
  expect(findMixUp(CHAINS, RIGHT)).toBeUndefined();
  expect(findMixUp(CHAINS, [...RIGHT, ...RIGHT.slice(-1)])).toBeUndefined();
});

test.each([
  ["a word of another chain", 3, { thread: "one", words: "word-a-1 word-b-1 word-a-2" }],
  ["a thread that forgot its first turn", 3, { thread: "one", words: "word-a-2" }],
  ["two chains in one thread", 3, { thread: "two", words: "word-a-1 word-a-2" }],
  ["a thread too many", 3, { thread: "three", words: "word-a-1 word-a-2" }],
  ["a word that nobody sent", 0, { thread: "one", words: "word-c-1" }],
])("%s is told", (_, at, wrong) => {
  expect(findMixUp(CHAINS, RIGHT.with(at, wrong))).toMatch(/a(sked)? "word-/);
});

test("a chain that was carried out twice is told", () => {
  const again = RIGHT.filter(({ thread }) => thread === "one").map((turn) => ({ ...turn, thread: "three" }));
  expect(findMixUp(CHAINS, [...RIGHT, ...again])).toMatch(/word-a/);
});

test("a request shows the words of its user, each once, and its thread", () => {
  const said = (role: string, text: string) => ({ type: "message", role, content: [{ type: "input_text", text }] });
  const input = [
    said("developer", "word-x-1"),
    said("user", "Goal: word-a-1\n\nword-a-1 again"),
    said("assistant", "word-y-1"),
    said("user", "word-a-2"),
  ];
  const body = { prompt_cache_key: "one", input };
  expect(seeTurn({ body, headers: {} })).toEqual({ thread: "one", words: "word-a-1 word-a-2" });
});
