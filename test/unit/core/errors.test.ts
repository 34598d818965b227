import { describe, expect, it } from "vitest";
import { AskCodexError, EngineUnavailable, errorCode, messageOf, usageError } from "../../../src/core/errors.ts";

describe("AskCodexError", () => {
  it("carries its row of the exit table, a hint and the cause", () => {
    const cause = new Error("below");
    const error = new AskCodexError("fatal", "above", { hint: "do this", cause });
    expect(error).toMatchObject({
      name: "AskCodexError",
      kind: "fatal",
      exitCode: 3,
      message: "above",
      hint: "do this",
    });
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });

  it("has no cause and no hint where none was given", () => {
    const error = new AskCodexError("failed", "x");
    expect(error.hint).toBeUndefined();
    expect("cause" in error).toBe(false);
  });

  it("is no engine's excuse", () => {
    expect(new EngineUnavailable("x")).not.toBeInstanceOf(AskCodexError);
  });
});

describe("usageError", () => {
  it("is exit 64", () => {
    expect(usageError("bad", "good")).toMatchObject({ kind: "usage", exitCode: 64, message: "bad", hint: "good" });
    expect(usageError("bad").hint).toBeUndefined();
  });
});

const coded = (code: unknown) => Object.assign(new Error("m"), { code });

it.each([
  ["a system error", coded("ENOENT"), "ENOENT"],
  ["a code that is a number", coded(5), undefined],
  ["a plain error", new Error("m"), undefined],
  ["an object that is no error", { code: "ENOENT" }, undefined],
  ["nothing", undefined, undefined],
])("errorCode of %s", (_, error, code) => {
  expect(errorCode(error)).toBe(code);
});

it.each([
  [new Error("m"), "m"],
  ["text", "text"],
  [undefined, "undefined"],
  [null, "null"],
  [42, "42"],
])("messageOf(%s) is %s", (error, message) => {
  expect(messageOf(error)).toBe(message);
});
