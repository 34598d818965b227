import { expect, test } from "vitest";
import { knowsNoReview, readReview } from "../../../../src/engine/app-server/read-review.ts";

const item = (type: string, text?: string) => ({ item: { type, id: "i", ...(text === undefined ? {} : { text }) } });
const raw = (text: string, role = "assistant") => ({
  item: { type: "message", role, content: [{ type: "output_text", text }] },
});
const usage = (inputTokens: number) => ({ usage: { inputTokens, cachedInputTokens: 1, outputTokens: 2 } });

test("the answer of a review is the raw one, and not the text that Codex renders of it", () => {
  const review = readReview();
  expect(review.see("rawResponseItem/completed", raw("the question", "user"))).toEqual({ type: "activity" });
  expect(review.see("item/started", item("agentMessage", ""))).toEqual({ type: "activity" });
  expect(review.see("rawResponseItem/completed", raw('{"findings":[]}'))).toEqual({
    type: "message",
    text: '{"findings":[]}',
  });
  expect(review.see("item/completed", item("exitedReviewMode"))).toBeUndefined();
  expect(review.see("item/completed", item("agentMessage", "rendered"))).toEqual({ type: "activity" });
  expect(review.see("rawResponseItem/completed", raw("rendered"))).toEqual({ type: "activity" });
});

test("without raw items the reviewer's message is taken where it stands whole", () => {
  const review = readReview();
  expect(review.see("item/started", item("agentMessage", "whole"))).toEqual({ type: "message", text: "whole" });
  expect(review.see("item/completed", item("agentMessage", "whole"))).toEqual({ type: "activity" });
});

test("the usage of all responses is the review's", () => {
  const review = readReview();
  review.see("rawResponse/completed", usage(10));
  expect(review.see("rawResponse/completed", usage(5))).toEqual({
    type: "usage",
    total: { input: 15, cached: 2, output: 4 },
    last: { input: 5, cached: 1, output: 2 },
  });
  expect(review.see("rawResponse/completed", { usage: null })).toEqual({ type: "activity" });
});

test("what has no meaning of its own in a review is left to the others", () => {
  const review = readReview();
  expect(review.see("item/started", item("commandExecution"))).toBeUndefined();
  expect(review.see("turn/completed", {})).toBeUndefined();
});

test.each([
  [-32600, "Invalid request: unknown variant `review/start`, expected one of …", true],
  [-32601, "Method not found", true],
  [-32600, "thread not found: x", false],
  [-32603, "unknown variant", false],
])("an error %i %s says that there is no such method: %s", (code, message, isUnknown) =>
  expect(knowsNoReview(code, message)).toBe(isUnknown),
);
