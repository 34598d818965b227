import { describe, expect, it } from "vitest";
import { initialTurnState, type TurnState } from "../../../src/run/turn-state.ts";
import { usageLimitOf } from "../../../src/run/usage-limit.ts";

const NOW = new Date(2026, 10, 21, 12, 0);
const LIMIT = { message: "You’ve hit your usage limit. Visit https://example.com or try again at 7:28 PM." };
const at = (hours: number, minutes: number): string => new Date(2026, 10, 21, hours, minutes).toISOString();
const limitAfter = (change: Partial<TurnState>) => usageLimitOf({ ...initialTurnState(), ...change }, NOW);

describe("the usage limit of a turn", () => {
  it("is what Codex told in figures", () => {
    expect(limitAfter({ usageLimit: { usedPercent: 42, resetsAt: 1_800_000_000 } })).toEqual({
      used_percent: 42,
      resets_at: new Date(1_800_000_000_000).toISOString(),
    });
    expect(limitAfter({ usageLimit: { usedPercent: 42, resetsAt: null } })).toEqual({
      used_percent: 42,
      resets_at: null,
    });
  });

  it("has its reset in words where it ended the turn without figures", () => {
    expect(limitAfter({ ended: { status: "failed", error: LIMIT } })).toEqual({
      used_percent: null,
      resets_at: at(19, 29),
    });
    // exec says it in an event and just exits.
    expect(limitAfter({ lastError: LIMIT })).toEqual({ used_percent: null, resets_at: at(19, 29) });
    expect(limitAfter({ usageLimit: { usedPercent: 99, resetsAt: null }, lastError: LIMIT })).toEqual({
      used_percent: 99,
      resets_at: at(19, 29),
    });
  });

  it("is not known where nothing tells it", () => {
    expect(limitAfter({})).toBeUndefined();
    expect(limitAfter({ ended: { status: "failed", error: { message: "try again at 7:28 PM" } } })).toBeUndefined();
  });
});
