import { describe, expect, it } from "vitest";
import type { RunEvent, TurnError } from "../../../src/core/event.ts";
import { createRetryWatch, type RetryKind, retryKind } from "../../../src/run/watch-retries.ts";

const http = (httpStatus: number, message = "Reconnecting... 1/5"): TurnError => ({ message, httpStatus });

describe("why Codex tries again", () => {
  it.each<[name: string, error: TurnError, kind: RetryKind]>([
    ["401, typed", http(401), "login"],
    ["403, typed", http(403), "login"],
    ["401 in the words of exec", { message: "Reconnecting... 2/5 (unexpected status 401 Unauthorized: no)" }, "login"],
    ["403 in the words of exec", { message: "Reconnecting... 2/5 (unexpected status 403 Forbidden: no)" }, "login"],
    ["401 in the details", { message: "Reconnecting... 2/5", details: "unexpected status 401 Unauthorized" }, "login"],
    ["429", http(429), "other"],
    ["500", http(500), "other"],
    ["500 that speaks of a connection", http(500, "upstream connection refused"), "other"],
    [
      "refused",
      { message: "Reconnecting... waiting for network", details: "Connection failed: error sending request" },
      "connection",
    ],
    [
      "refused, in the words of exec",
      { message: "Reconnecting... waiting for network (Connection failed: error sending request)" },
      "connection",
    ],
    ["DNS", { message: "Reconnecting...", details: "DNS error: failed to lookup address" }, "connection"],
    ["a cut", { message: "Reconnecting... 1/5", details: "stream disconnected before completion" }, "other"],
    ["a load", { message: "Reconnecting... 1/5", details: "We’re currently experiencing high demand" }, "other"],
    ["a number in a text that is no status", { message: "item 401 is missing" }, "other"],
    ["nothing", { message: "" }, "other"],
  ])("%s is %s", (_, error, kind) => {
    expect(retryKind(error)).toBe(kind);
  });
});

const CONNECTION: TurnError = { message: "Connection failed" };
const LOGIN = http(401);
const OTHER = http(500);
const retry = (error: TurnError): RunEvent => ({ type: "retry", message: error.message, error });
const SIGNS: readonly RunEvent[] = [
  { type: "message", text: "m" },
  { type: "command_started", id: "c", command: "c" },
  { type: "usage", total: { input: 1, cached: 0, output: 0 } },
  { type: "reasoning", text: "r" },
  { type: "edit", id: "e", ok: true, files: [] },
  { type: "tool", id: "t", name: "t", phase: "started" },
  { type: "limits", usedPercent: 1, resetsAt: null, windowMinutes: null },
];

/** Each event with what the watch says to it: milliseconds until the end, `recovered`, or nothing. */
function play(events: readonly RunEvent[]): (number | "recovered" | undefined)[] {
  const watch = createRetryWatch();
  return events.map((event) => {
    const seen = watch.see(event);
    return typeof seen === "object" ? seen.endInMs : seen;
  });
}

describe("when it has gone on for long enough", () => {
  it.each<[name: string, events: RunEvent[], said: (number | "recovered" | undefined)[]]>([
    ["a lost connection gets one more try, and the model time to think", [retry(CONNECTION)], [120_000]],
    ["and ends with the next try that fails", [retry(CONNECTION), retry(CONNECTION)], [120_000, 0]],
    ["other tries do not matter", [retry(OTHER), retry(OTHER), retry(OTHER)], [undefined, undefined, undefined]],
    ["one rejected login may be an old token", [retry(LOGIN)], [undefined]],
    ["two are believed", [retry(LOGIN), retry(LOGIN)], [undefined, 0]],
    [
      "a login that worked in between starts anew",
      [retry(LOGIN), ...SIGNS.slice(0, 1), retry(LOGIN)],
      [undefined, undefined, undefined],
    ],
    ["login and connection do not add up", [retry(LOGIN), retry(CONNECTION), retry(LOGIN)], [undefined, 120_000, 0]],
    [
      "silence is no recovery",
      [retry(CONNECTION), { type: "activity" }, { type: "notice", message: "n" }, { type: "warning", message: "w" }],
      [120_000, undefined, undefined, undefined],
    ],
  ])("%s", (_, events, said) => {
    expect(play(events)).toEqual(said);
  });

  it.each(SIGNS)("$type is a sign that it works again, and the next loss gets its own 9 s", (sign) => {
    expect(play([retry(CONNECTION), sign, sign, retry(CONNECTION)])).toEqual([
      120_000,
      "recovered",
      undefined,
      120_000,
    ]);
  });

  it("brings the error that it is about", () => {
    const watch = createRetryWatch();
    expect(watch.see(retry(CONNECTION))).toEqual({ endInMs: 120_000, error: CONNECTION });
  });
});
