import { describe, expect, it } from "vitest";
import type { LimitWindow } from "../../../src/core/event.ts";
import type { QuotaWindow } from "../../../src/core/gate.ts";
import { afterUsageLimit, mergeTold, NO_WINDOWS, toQuotaWindow } from "../../../src/gate/merge-quota.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const second = (minutes: number) => NOW / 1000 + minutes * 60;
const told = (
  usedPercent: number | null,
  resets: number | null = 60,
  windowMinutes: number | null = 300,
): LimitWindow => ({
  usedPercent,
  resetsAt: resets === null ? null : second(resets),
  windowMinutes,
});
const kept = (used_percent: number, resets: number | null = 60, window_minutes: number | null = 300): QuotaWindow => ({
  used_percent,
  resets_at: resets === null ? null : new Date(second(resets) * 1000).toISOString(),
  window_minutes,
});

describe("what a run tells of a window", () => {
  it.each<[name: string, before: QuotaWindow | null, told: LimitWindow | null | undefined, after: QuotaWindow | null]>([
    ["is kept", null, told(43), kept(43)],
    ["replaces what was less", kept(40), told(43), kept(43)],
    ["is less than another run told of the same window", kept(50), told(43), kept(50)],
    [
      "is the same window though its end is told a second later",
      kept(50),
      { ...told(43), resetsAt: second(60) + 1 },
      { ...kept(50), resets_at: "2026-11-21T13:00:01.000Z" },
    ],
    ["is of the next window", kept(99), told(3, 360), kept(3, 360)],
    ["comes after the reset", kept(99, -1), told(3, null), kept(3, null)],
    ["is not a word", kept(50), undefined, kept(50)],
    ["is null", kept(50), null, kept(50)],
    ["has nulls", kept(50), told(null, null, null), kept(50)],
    ["has no reset", kept(50), told(60, null, null), kept(60)],
    ["is more than all", null, told(250), kept(100)],
    ["is less than nothing", null, told(-5), kept(0)],
    ["has an absurd reset", null, { ...told(43), resetsAt: 1e300 }, kept(43, null)],
    ["is no number", kept(50), { ...told(43), usedPercent: Number.NaN }, kept(50)],
  ])("%s", (_, before, news, after) => {
    expect(mergeTold({ primary: before, secondary: null }, { primary: news }, NOW)).toEqual({
      primary: after,
      secondary: null,
    });
    expect(mergeTold({ primary: null, secondary: before }, { secondary: news }, NOW)).toEqual({
      primary: null,
      secondary: after,
    });
  });
});

describe("a usage limit", () => {
  it.each<[name: string, primary: LimitWindow | undefined, secondary: LimitWindow | undefined, after: object]>([
    [
      "fills the window that is nearly full",
      told(97),
      told(20, 6_000),
      { primary: kept(100), secondary: kept(20, 6_000) },
    ],
    ["fills the other one", told(10), told(99, 6_000), { primary: kept(10), secondary: kept(100, 6_000) }],
    [
      "of credits has no window, and no reset",
      told(42),
      undefined,
      { primary: kept(100, null, null), secondary: null },
    ],
    ["of which nothing was told neither", undefined, undefined, { primary: kept(100, null, null), secondary: null }],
  ])("%s", (_, primary, secondary, after) => {
    const news = { primary, secondary };
    expect(afterUsageLimit(mergeTold(NO_WINDOWS, news, NOW), news, null)).toEqual(after);
  });
});

it("a usage limit without a window lasts until what was said in words", () => {
  const resets = "2026-11-21T19:29:00.000Z";
  expect(afterUsageLimit(NO_WINDOWS, {}, resets).primary).toEqual({ ...kept(100, null, null), resets_at: resets });
  expect(
    afterUsageLimit(mergeTold(NO_WINDOWS, { primary: told(95) }, NOW), { primary: told(95) }, resets).primary,
  ).toEqual(kept(100));
});

it("a window that says nothing is none", () => {
  expect([toQuotaWindow(null), toQuotaWindow(undefined), toQuotaWindow(told(null))]).toEqual([null, null, null]);
});
