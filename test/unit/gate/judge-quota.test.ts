import { describe, expect, it } from "vitest";
import type { QuotaCache, QuotaWindow } from "../../../src/core/gate.ts";
import { judgeQuota, UNKNOWN } from "../../../src/gate/judge-quota.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const at = (minutes: number) => new Date(NOW + minutes * MINUTE).toISOString();
const used = (percent: number, resets: number | null = 60): QuotaWindow => ({
  used_percent: percent,
  resets_at: resets === null ? null : at(resets),
  window_minutes: 300,
});
const cache = (over: Partial<QuotaCache>): QuotaCache => ({
  version: 1,
  codex_home: "/c",
  at: at(-1),
  source: "run",
  primary: null,
  secondary: null,
  unanswered: null,
  ...over,
});
const found = (window: "primary" | "secondary", percent: number, resets: number | null = 60) => ({
  known: true,
  window,
  used_percent: percent,
  resets_at: resets === null ? null : at(resets),
  forced: false,
});

describe("the quota gate at 85 %", () => {
  it.each<[name: string, cache: QuotaCache | undefined, finding: object, closed: boolean, settled: boolean]>([
    ["nothing known", undefined, UNKNOWN, false, false],
    ["nothing told a minute ago", cache({}), UNKNOWN, false, true],
    ["under it", cache({ primary: used(84.9) }), found("primary", 84.9), false, true],
    ["at it", cache({ primary: used(85) }), found("primary", 85), true, true],
    ["over it", cache({ primary: used(100) }), found("primary", 100), true, true],
    [
      "the secondary over it",
      cache({ primary: used(10), secondary: used(90, 6_000) }),
      found("secondary", 90, 6_000),
      true,
      true,
    ],
    [
      "both under it",
      cache({ primary: used(10), secondary: used(50, 6_000) }),
      found("secondary", 50, 6_000),
      false,
      true,
    ],
    [
      "both over it",
      cache({ primary: used(99), secondary: used(86, 6_000) }),
      found("secondary", 86, 6_000),
      true,
      true,
    ],
    ["over it, told days ago", cache({ at: at(-5_000), primary: used(90) }), found("primary", 90), true, true],
    ["under it, told days ago", cache({ at: at(-5_000), primary: used(50) }), found("primary", 50), false, false],
    [
      "over it, and reset since",
      cache({ at: at(-90), primary: used(100, -1) }),
      found("primary", 0, null),
      false,
      false,
    ],
    ["over it, and reset now", cache({ primary: used(100, 0) }), found("primary", 0, null), false, true],
    [
      "one window reset, the other over",
      cache({ primary: used(100, -1), secondary: used(88) }),
      found("secondary", 88),
      true,
      true,
    ],
    ["over it until nobody knows when", cache({ primary: used(100, null) }), found("primary", 100, null), true, true],
    ["the same, long ago", cache({ at: at(-16), primary: used(100, null) }), UNKNOWN, false, false],
    [
      "a reset in the year 9999",
      cache({ primary: { ...used(90), resets_at: "9999-12-31T23:59:59.000Z" } }),
      found("primary", 90, null),
      true,
      true,
    ],
    [
      "the same, long ago",
      cache({ at: at(-16), primary: { ...used(90), resets_at: "9999-12-31T23:59:59.000Z" } }),
      UNKNOWN,
      false,
      false,
    ],
    ["told in the future", cache({ at: at(2), primary: used(100, 200) }), UNKNOWN, false, false],
    [
      "told a breath ahead",
      cache({ at: new Date(NOW + 500).toISOString(), primary: used(100) }),
      found("primary", 100),
      true,
      true,
    ],
    [
      "asked in vain a minute ago",
      cache({ at: new Date(0).toISOString(), unanswered: { at: at(-1), why: "w" } }),
      UNKNOWN,
      false,
      true,
    ],
    [
      "asked in vain long ago",
      cache({ at: new Date(0).toISOString(), unanswered: { at: at(-11), why: "w" } }),
      UNKNOWN,
      false,
      false,
    ],
    [
      "asked in vain in the future",
      cache({ at: new Date(0).toISOString(), unanswered: { at: at(11), why: "w" } }),
      UNKNOWN,
      false,
      false,
    ],
  ])("%s", (_, known, finding, closed, settled) => {
    expect(judgeQuota(known, 85, NOW)).toEqual({ finding, closed, settled });
  });

  it.each([
    [1, 0.5, false],
    [1, 1, true],
    [100, 99.9, false],
    [100, 100, true],
  ])("at %s percent, with %s used, is closed: %s", (gate, percent, closed) => {
    expect(judgeQuota(cache({ primary: used(percent) }), gate, NOW).closed).toBe(closed);
  });
});
