import { describe, expect, it } from "vitest";
import { nearest } from "../../../src/core/nearest.ts";
import { Draft } from "../../../src/packet/draft.ts";
import { effective } from "../../../src/packet/effective.ts";
import { environmentDraft } from "../../../src/packet/environment-draft.ts";
import { refusalOf } from "./refusal.ts";

describe("Draft", () => {
  it("may say nothing, and knows no other key", () => {
    expect(Draft.parse({})).toEqual({});
    expect(Draft.safeParse({ network: true }).success).toBe(false);
  });

  it.each([
    { goal: "" },
    { scope: [""] },
    { taskId: "../x" },
    { model: "two words" },
    { reasoning: "-x" },
    { timeoutS: -1 },
    { timeoutS: 86_401 },
    { timeoutS: Number.NaN },
    { maxSteps: 1.5 },
    { maxSteps: 1_000_000 },
    { engine: "steam" },
    { workspace: "a\0b" },
    { files: [{ path: "" }] },
  ])("%j is no draft", (draft) => {
    expect(Draft.safeParse(draft).success).toBe(false);
  });
});

describe("effective", () => {
  it("takes each value from the first layer that says something, whole", () => {
    const layers = [
      { source: "flags", draft: { model: "m1", scope: [], verifyBase: false, goal: undefined } },
      { source: "packet", draft: { model: "m2", goal: "x", scope: ["src"], verify: ["a"], timeoutS: 0 } },
      { source: "ASK_CODEX_TIMEOUT", draft: { timeoutS: 9 } },
      { source: "settings.md", draft: { verify: ["b", "c"], verifyBase: true, reasoning: "low" } },
    ];
    expect(effective(layers)).toStrictEqual({
      values: { goal: "x", scope: [], verify: ["a"], model: "m1", reasoning: "low", timeoutS: 0, verifyBase: false },
      sources: {
        goal: "packet",
        scope: "flags",
        verify: "packet",
        model: "flags",
        reasoning: "settings.md",
        timeoutS: "packet",
        verifyBase: "flags",
      },
    });
  });

  it.each([[[]], [[{ source: "a", draft: {} }]]])("%j says nothing", (layers) => {
    expect(effective(layers)).toStrictEqual({ values: {}, sources: {} });
  });

  it("leaves its layers as they were", () => {
    const draft = Object.freeze({ scope: ["a"] });
    effective([
      { source: "a", draft },
      { source: "b", draft: { scope: ["b"] } },
    ]);
    expect(draft).toEqual({ scope: ["a"] });
  });
});

describe("environmentDraft", () => {
  it("has a layer for each variable that is set", () => {
    const env = {
      ASK_CODEX_MODEL: "gpt-5.5",
      ASK_CODEX_REASONING: "high",
      ASK_CODEX_TIMEOUT: "1.5",
      ASK_CODEX_IDLE_TIMEOUT: "0",
      ASK_CODEX_MAX_STEPS: "007",
      ASK_CODEX_VERIFY_TIMEOUT: "90",
      ASK_CODEX_ENGINE: "exec",
      ASK_CODEX_HOME: "/x",
      PATH: "/bin",
    };
    expect(environmentDraft(env)).toStrictEqual([
      { source: "ASK_CODEX_MODEL", draft: { model: "gpt-5.5" } },
      { source: "ASK_CODEX_REASONING", draft: { reasoning: "high" } },
      { source: "ASK_CODEX_TIMEOUT", draft: { timeoutS: 1.5 } },
      { source: "ASK_CODEX_IDLE_TIMEOUT", draft: { idleTimeoutS: 0 } },
      { source: "ASK_CODEX_MAX_STEPS", draft: { maxSteps: 7 } },
      { source: "ASK_CODEX_VERIFY_TIMEOUT", draft: { verifyTimeoutS: 90 } },
      { source: "ASK_CODEX_ENGINE", draft: { engine: "exec" } },
    ]);
  });

  it("an empty variable is not set", () => {
    expect(environmentDraft({ ASK_CODEX_MODEL: "", ASK_CODEX_TIMEOUT: undefined })).toEqual([]);
  });

  it.each([
    ["ASK_CODEX_MODEL", "two words", "must be one word"],
    ["ASK_CODEX_REASONING", "--x", "must be one word"],
    ["ASK_CODEX_TIMEOUT", "1h", "must be a number of seconds, 0 for no limit"],
    ["ASK_CODEX_TIMEOUT", "-1", "must be a number of seconds, 0 for no limit"],
    ["ASK_CODEX_TIMEOUT", "1e3", "must be a number of seconds, 0 for no limit"],
    ["ASK_CODEX_IDLE_TIMEOUT", "99999", "must be at most 86400 seconds (a day)"],
    ["ASK_CODEX_MAX_STEPS", "1.5", "must be a whole number, 0 for no limit"],
    ["ASK_CODEX_VERIFY_TIMEOUT", " ", "must be a number of seconds, 0 for no limit"],
    ["ASK_CODEX_ENGINE", "steam", "must be one of app-server, exec"],
  ])("%s=%j is refused", async (name, value, message) => {
    expect(await refusalOf(() => environmentDraft({ [name]: value }))).toBe(
      `${name} ${message} (it is ${JSON.stringify(value)}) → correct it or unset it`,
    );
  });
});

describe("nearest", () => {
  const known = ["goal", "role", "scope", "non_goals", "idle_timeout", "plan"];
  it.each([
    ["gaol", "goal"],
    ["goals", "goal"],
    ["Goal", "goal"],
    ["nongoal", "non_goals"],
    ["idleTimeout", "idle_timeout"],
    ["idle-time-out", "idle_timeout"],
    ["skope", "scope"],
    ["x", undefined],
    ["", undefined],
    ["priority", undefined],
  ])("%s → %s", (word, near) => {
    expect(nearest(word, known)).toBe(near);
  });
});
