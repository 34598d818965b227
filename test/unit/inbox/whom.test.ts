import { describe, expect, test } from "vitest";
import type { Owner } from "../../../src/core/request.ts";
import { type Due, type Look, type Party, whatToDo } from "../../../src/inbox/whom.ts";

const owner = (pid: number): Owner => ({ pid, startTime: "1", bootId: "boot" });
const NOW = Date.parse("2026-11-21T06:00:00.000Z");
const minutesAgo = (minutes: number): number => NOW - minutes * 60_000;
const LIVING = new Set([1, 2, 3]);
const LOOK: Look = { now: NOW, isAlive: ({ pid }) => LIVING.has(pid) };

const OWN: Party = { session: "own", owner: owner(1) };
const CALLERS = {
  own: OWN,
  /** `claude --resume`: the same session in another process. */
  resumed: { session: "own", owner: owner(3) },
  /** `/clear`: another session in the same process. */
  cleared: { session: "cleared", owner: owner(1) },
  other: { session: "other", owner: owner(2) },
  /** Another one whose process is not known. */
  unknown: { session: "unknown", owner: null },
  person: null,
} satisfies Record<string, Party | null>;

const STARTED = {
  alive: { claude: OWN, since: minutesAgo(600) },
  dead: { claude: { ...OWN, owner: owner(9) }, since: minutesAgo(0) },
  "not known, just now": { claude: { ...OWN, owner: null }, since: minutesAgo(59) },
  "not known, long ago": { claude: { ...OWN, owner: null }, since: minutesAgo(61) },
  "not known, after a jump of the clock": { claude: { ...OWN, owner: null }, since: minutesAgo(-600) },
  nobody: { claude: null, since: minutesAgo(0) },
};

type Todo = ReturnType<typeof whatToDo>;
const tableOf = (due: Due): Record<string, Todo> =>
  Object.fromEntries(Object.entries(CALLERS).map(([name, caller]) => [name, whatToDo(due, caller, LOOK)]));

describe("an item that nobody was shown", () => {
  const ROWS: [by: keyof typeof STARTED, who: Record<string, Todo>][] = [
    ["alive", { own: "take", resumed: "take", cleared: "take", other: "leave", unknown: "leave" }],
    ["dead", { own: "take", resumed: "take", cleared: "take", other: "take", unknown: "take" }],
    ["not known, just now", { own: "take", resumed: "take", cleared: "leave", other: "leave", unknown: "leave" }],
    ["not known, long ago", { own: "take", resumed: "take", cleared: "take", other: "take", unknown: "take" }],
    [
      "not known, after a jump of the clock",
      { own: "take", resumed: "take", cleared: "leave", other: "leave", unknown: "leave" },
    ],
    ["nobody", { own: "take", resumed: "take", cleared: "take", other: "take", unknown: "take" }],
  ];
  test.each(ROWS)("started by: %s", (by, who) => {
    expect(tableOf({ ...STARTED[by], claim: undefined })).toEqual({ ...who, person: "show" });
  });
});

describe("an item of a dead session that was shown to", () => {
  const at = (minutes: number) => new Date(minutesAgo(minutes)).toISOString();
  const ROWS: [claim: Party & { at: string }, who: Record<string, Todo>][] = [
    [
      { ...CALLERS.other, at: at(600) },
      { own: "leave", resumed: "leave", cleared: "leave", other: "show", unknown: "leave" },
    ],
    [
      { ...CALLERS.other, owner: owner(9), at: at(0) },
      { own: "take", resumed: "take", cleared: "take", other: "take", unknown: "take" },
    ],
    [
      { ...CALLERS.unknown, at: at(59) },
      { own: "leave", resumed: "leave", cleared: "leave", other: "leave", unknown: "show" },
    ],
    [
      { ...CALLERS.unknown, at: at(61) },
      { own: "take", resumed: "take", cleared: "take", other: "take", unknown: "take" },
    ],
    [
      { session: "other", owner: null, at: at(0) },
      { own: "leave", resumed: "leave", cleared: "leave", other: "take", unknown: "leave" },
    ],
  ];
  test.each(ROWS)("%j", (claim, who) => {
    expect(tableOf({ ...STARTED.dead, claim })).toEqual({ ...who, person: "show" });
  });
});
