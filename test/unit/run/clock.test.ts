import { describe, expect, it } from "vitest";
import type { Limits } from "../../../src/core/request.ts";
import { createClock } from "../../../src/run/clock.ts";

const limits = (totalMs: number, idleMs: number): Limits => ({ totalMs, idleMs, maxSteps: 0, holdMs: 0, checkMs: 0 });
const S = 1_000;

/** What happens to a clock that starts at 0, at a time in seconds; `look` is what check says then. */
type Step =
  | [at: number, what: "activity" | "command" | "no command" | "pause" | "resume"]
  | [at: number, what: "look", due: "none" | "grace total" | "grace idle" | "end total" | "end idle"];

function play(limit: Limits, steps: readonly Step[]): void {
  const clock = createClock(limit, 0);
  for (const [at, what, due] of steps) {
    const now = at * S;
    if (what === "activity") clock.activity(now);
    if (what === "command" || what === "no command") clock.commandRunning(what === "command", now);
    if (what === "pause") clock.pause(now);
    if (what === "resume") clock.resume(now);
    if (what !== "look") continue;
    const seen = clock.check(now);
    expect(seen.fired === "none" ? "none" : `${seen.fired} ${seen.clock}`, `at ${at} s`).toBe(due);
  }
}

const ROWS: readonly (readonly [name: string, limit: Limits, steps: Step[]])[] = [
  ["nothing is due before its time", limits(60 * S, 20 * S), [[19.999, "look", "none"]]],
  [
    "silence opens the grace window",
    limits(60 * S, 20 * S),
    [
      [20, "look", "grace idle"],
      [20, "look", "none"],
    ],
  ],
  [
    "silence in it ends the run",
    limits(0, 20 * S),
    [
      [20, "look", "grace idle"],
      [39.9, "look", "none"],
      [40, "look", "end idle"],
    ],
  ],
  [
    "activity puts silence off",
    limits(0, 20 * S),
    [
      [19, "activity"],
      [38, "look", "none"],
      [39, "look", "grace idle"],
    ],
  ],
  [
    "activity in the window keeps the run, but there is no second window",
    limits(0, 20 * S),
    [
      [20, "look", "grace idle"],
      [25, "activity"],
      [44.9, "look", "none"],
      [45, "look", "end idle"],
    ],
  ],
  [
    "a look that comes late opens a whole window",
    limits(0, 20 * S),
    [
      [33, "look", "grace idle"],
      [52.9, "look", "none"],
      [53, "look", "end idle"],
    ],
  ],
  [
    "the total opens the window",
    limits(60 * S, 0),
    [
      [59.9, "look", "none"],
      [60, "look", "grace total"],
    ],
  ],
  [
    "the total in it ends the run",
    limits(60 * S, 0),
    [
      [60, "look", "grace total"],
      [119.9, "look", "none"],
      [120, "look", "end total"],
    ],
  ],
  [
    "activity does not put the total off",
    limits(60 * S, 0),
    [
      [59, "activity"],
      [60, "look", "grace total"],
      [119, "activity"],
      [120, "look", "end total"],
    ],
  ],
  [
    "a late look at the total opens a whole window",
    limits(60 * S, 0),
    [
      [70, "look", "grace total"],
      [129.9, "look", "none"],
      [130, "look", "end total"],
    ],
  ],
  [
    "the window of a long limit is 300 s",
    limits(3_600 * S, 0),
    [
      [3_600, "look", "grace total"],
      [3_899.9, "look", "none"],
      [3_900, "look", "end total"],
    ],
  ],
  [
    "the window is one: silence in the total's window ends the run",
    limits(60 * S, 20 * S),
    [
      [50, "activity"],
      [60, "look", "grace total"],
      [69.9, "look", "none"],
      [70, "look", "end idle"],
    ],
  ],
  [
    "the window is one: the total in the silence's window ends the run",
    limits(30 * S, 20 * S),
    [
      [20, "look", "grace idle"],
      [29.9, "look", "none"],
      [30, "look", "end total"],
    ],
  ],
  ["both at once are the total", limits(20 * S, 20 * S), [[20, "look", "grace total"]]],
  [
    "a command is no silence",
    limits(0, 20 * S),
    [
      [5, "command"],
      [500, "look", "none"],
    ],
  ],
  [
    "after a command silence begins anew",
    limits(0, 20 * S),
    [
      [5, "command"],
      [500, "no command"],
      [519.9, "look", "none"],
      [520, "look", "grace idle"],
    ],
  ],
  [
    "a command does not stop the total",
    limits(60 * S, 20 * S),
    [
      [5, "command"],
      [60, "look", "grace total"],
      [120, "look", "end total"],
    ],
  ],
  [
    "a command that starts in the window stops the silence",
    limits(0, 20 * S),
    [
      [20, "look", "grace idle"],
      [25, "command"],
      [900, "look", "none"],
      [900, "no command"],
      [920, "look", "end idle"],
    ],
  ],
  [
    "that no command runs is no activity",
    limits(0, 20 * S),
    [
      [15, "no command"],
      [20, "look", "grace idle"],
    ],
  ],
  [
    "a question stops both clocks",
    limits(60 * S, 20 * S),
    [
      [10, "pause"],
      [5_000, "look", "none"],
    ],
  ],
  [
    "the time of a question is given back",
    limits(60 * S, 20 * S),
    [
      [10, "pause"],
      [910, "resume"],
      [929.9, "look", "none"],
      [930, "activity"],
      [945, "activity"],
      [959.9, "look", "none"],
      [960, "look", "grace total"],
    ],
  ],
  [
    "after a question silence begins anew",
    limits(0, 20 * S),
    [
      [19, "pause"],
      [910, "resume"],
      [929.9, "look", "none"],
      [930, "look", "grace idle"],
    ],
  ],
  [
    "a question that is asked twice is one",
    limits(60 * S, 0),
    [
      [10, "pause"],
      [50, "pause"],
      [110, "resume"],
      [159.9, "look", "none"],
      [160, "look", "grace total"],
    ],
  ],
  [
    "an end of no question is nothing",
    limits(60 * S, 20 * S),
    [
      [15, "resume"],
      [20, "look", "grace idle"],
    ],
  ],
  [
    "a question in the window stops it too",
    limits(60 * S, 0),
    [
      [60, "look", "grace total"],
      [70, "pause"],
      [1_000, "look", "none"],
      [1_070, "resume"],
      [1_119.9, "look", "none"],
      [1_120, "look", "end total"],
    ],
  ],
  ["without limits nothing is ever due", limits(0, 0), [[1_000_000, "look", "none"]]],
];

describe("the clocks of a run", () => {
  it.each(ROWS)("%s", (_, limit, steps) => play(limit, steps));

  it.each([
    [limits(60 * S, 0), 60, "total", 60],
    [limits(0, 20 * S), 20, "idle", 20],
    [limits(400 * S, 0), 400, "total", 300],
    [limits(0, 301 * S), 301, "idle", 300],
    [limits(0.5 * S, 0), 0.5, "total", 0.5],
  ] as const)("the window is as long as the limit, at most 300 s: %j", (limit, at, name, graceS) => {
    const clock = createClock(limit, 0);
    expect(clock.check(at * S)).toEqual({ fired: "grace", clock: name, graceMs: graceS * S });
  });
});

describe("when to look next", () => {
  const next = (limit: Limits, act: (clock: ReturnType<typeof createClock>) => void = () => {}) => {
    const clock = createClock(limit, 100 * S);
    act(clock);
    return clock.nextAt() / S;
  };

  it.each<[name: string, at: number, expected: number]>([
    ["no limit: never", next(limits(0, 0)), Number.POSITIVE_INFINITY],
    ["the total", next(limits(60 * S, 0)), 160],
    ["the silence", next(limits(0, 20 * S)), 120],
    ["whichever comes first", next(limits(60 * S, 20 * S)), 120],
    ["after activity", next(limits(60 * S, 20 * S), (clock) => clock.activity(110 * S)), 130],
    ["while a command runs", next(limits(60 * S, 20 * S), (clock) => clock.commandRunning(true, 101 * S)), 160],
    [
      "while a command runs, without a total",
      next(limits(0, 20 * S), (clock) => clock.commandRunning(true, 101 * S)),
      Number.POSITIVE_INFINITY,
    ],
    [
      "while a question waits: never",
      next(limits(60 * S, 20 * S), (clock) => clock.pause(101 * S)),
      Number.POSITIVE_INFINITY,
    ],
    ["at the end of the window", next(limits(60 * S, 0), (clock) => void clock.check(160 * S)), 220],
    ["at the end of the silence's window", next(limits(0, 20 * S), (clock) => void clock.check(125 * S)), 145],
  ])("%s", (_, at, expected) => {
    expect(at).toBe(expected);
  });
});
