import { describe, expect, it } from "vitest";
import { type AnyVerdict, EXIT_TABLE, START_TABLE } from "../../../src/core/exit-table.ts";
import { BreakerState, type Moment } from "../../../src/core/gate.ts";
import {
  afterEnd,
  CLOSED,
  FATALS,
  isTelling,
  leftMs,
  OPEN_MS,
  phaseOf,
  untilOf,
  withTrial,
} from "../../../src/gate/breaker-state.ts";
import { elapsedMs } from "../../../src/gate/moment.ts";

const MINUTE = 60_000;
const NOON = Date.parse("2026-11-21T12:00:00.000Z");
const OWNER = { pid: 4242, startTime: "1", bootId: "boot-1" };

/** So many milliseconds after noon, by both clocks; `clock` is how far the wall's was set meanwhile. */
const at = (ms: number, { clock = 0, boot = "boot-1", up = 3_600_000 + ms } = {}): Moment => ({
  at: new Date(NOON + ms + clock).toISOString(),
  uptime_ms: up,
  boot_id: boot,
});
const end = (runId: string, verdict: AnyVerdict = "fatal", reason = `reason of ${runId}`) => ({
  runId,
  verdict,
  reason,
});
const after = (verdicts: readonly AnyVerdict[], state: BreakerState = CLOSED): BreakerState =>
  verdicts.reduce((now, verdict, nth) => afterEnd(now, end(`r-${nth}`, verdict), at(nth)), state);
const OPEN = after(["fatal", "fatal", "fatal"]);

describe("the breaker", () => {
  it.each<[verdicts: AnyVerdict[], phase: string, inARow: number]>([
    [[], "closed", 0],
    [["fatal"], "closed", 1],
    [["fatal", "fatal"], "closed", 2],
    [["fatal", "fatal", "fatal"], "open", 3],
    [["fatal", "fatal", "done", "fatal"], "closed", 1],
    [["fatal", "fatal", "failed", "fatal", "fatal"], "closed", 2],
    [["fatal", "cancelled", "fatal", "killed", "lost", "refused", "usage", "fatal"], "open", 3],
    [["fatal", "fatal", "fatal", "fatal"], "open", 4],
    [["fatal", "fatal", "fatal", "unverified"], "closed", 0],
    [["fatal", "fatal", "fatal", "cancelled"], "open", 3],
  ])("after %j is %s with %i in a row", (verdicts, phase, inARow) => {
    const state = after(verdicts);
    expect(phaseOf(state, at(100))).toBe(phase);
    expect(state.fatal_in_a_row).toBe(inARow);
    expect(BreakerState.parse(state)).toEqual(state);
  });

  it.each([...EXIT_TABLE, ...START_TABLE].map(({ verdict }) => verdict))(
    "is told what it must know by %s",
    (verdict) => {
      const worked = ["done", "failed", "timeout", "violation", "question", "blocked", "unverified"].includes(verdict);
      expect(isTelling(verdict)).toBe(worked || verdict === "fatal");
      expect(afterEnd(OPEN, end("r-9", verdict), at(9))).toEqual(
        worked ? CLOSED : verdict === "fatal" ? { ...OPEN, fatal_in_a_row: 4, last: expect.anything() } : OPEN,
      );
    },
  );

  it("keeps the last reasons, short and on one line", () => {
    const state = afterEnd(OPEN, end("r-9", "fatal", `a\nb ${"x".repeat(500)}`), at(9));
    expect(state.last.map(({ run_id }) => run_id)).toEqual(["r-1", "r-2", "r-9"]);
    expect(state.last[2]?.reason).toMatch(/^a b x+…$/);
    expect(state.last[2]?.reason).toHaveLength(160);
  });

  it("counts one run once", () => {
    expect(afterEnd(OPEN, end("r-2"), at(9))).toBe(OPEN);
    expect(afterEnd(CLOSED, end("r-1", "done"), at(9))).toBe(CLOSED);
  });

  it("is open for fifteen minutes and half-open then", () => {
    expect(phaseOf(OPEN, at(2 + OPEN_MS - 1))).toBe("open");
    expect(phaseOf(OPEN, at(2 + OPEN_MS))).toBe("half-open");
    expect(untilOf(at(0), at(5 * MINUTE))).toBe("2026-11-21T12:15:00.000Z");
    expect(untilOf(at(0), at(5 * MINUTE + 1))).toBe("2026-11-21T12:15:00.000Z");
  });

  it("that is open does not stay so for longer by a run that had begun before", () => {
    expect(afterEnd(OPEN, end("r-9"), at(10 * MINUTE)).opened).toEqual(OPEN.opened);
  });

  it("opens anew when the trial is fatal, and closes when it shows that Codex works", () => {
    const tried = withTrial(OPEN, "r-9", OWNER, at(16 * MINUTE));
    const again = afterEnd(tried, end("r-9"), at(17 * MINUTE));
    expect(again).toMatchObject({ trial: null, fatal_in_a_row: 4, opened: at(17 * MINUTE) });
    expect(phaseOf(again, at(31 * MINUTE))).toBe("open");
    expect(afterEnd(tried, end("r-9", "failed"), at(17 * MINUTE))).toEqual(CLOSED);
  });

  it("gets its trial back from one that tells nothing, and keeps it from another run", () => {
    const tried = withTrial(OPEN, "r-9", OWNER, at(16 * MINUTE));
    expect(afterEnd(tried, end("r-9", "cancelled"), at(17 * MINUTE))).toEqual({ ...OPEN, trial: null });
    expect(afterEnd(tried, end("r-8", "cancelled"), at(17 * MINUTE))).toBe(tried);
    expect(afterEnd(tried, end("r-8"), at(17 * MINUTE)).trial).toEqual(tried.trial);
  });
});

describe("a clock that jumps", () => {
  const DAY = 24 * 60 * MINUTE;
  it.each<[name: string, now: Moment, elapsed: number]>([
    ["does not jump", at(5 * MINUTE), 5 * MINUTE],
    ["jumps back", at(5 * MINUTE, { clock: -DAY }), 5 * MINUTE],
    ["jumps back a little", at(5 * MINUTE, { clock: -3 * MINUTE }), 5 * MINUTE],
    ["jumps ahead", at(5 * MINUTE, { clock: DAY }), 5 * MINUTE],
    ["goes on over a reboot", at(5 * MINUTE, { boot: "boot-2", up: MINUTE }), 5 * MINUTE],
    ["jumps back over a reboot", at(5 * MINUTE, { clock: -DAY, boot: "boot-2", up: MINUTE }), Number.POSITIVE_INFINITY],
    ["stands still over a reboot", at(0, { boot: "boot-2", up: 4 * MINUTE }), 4 * MINUTE],
    ["has a machine without boot ids that was started anew", at(MINUTE, { up: 30_000 }), MINUTE],
  ])("that %s", (_, now, elapsed) => {
    expect(elapsedMs(at(0), now)).toBe(elapsed);
  });

  it("locks nobody out for longer than fifteen minutes of real waiting", () => {
    for (const clock of [-10 * DAY, -10 * MINUTE, -1, 0, 1, MINUTE, 10 * DAY]) {
      expect(leftMs(at(0), at(OPEN_MS - 1, { clock }))).toBe(1);
      expect(leftMs(at(0), at(OPEN_MS, { clock }))).toBe(0);
      expect(leftMs(at(0), at(OPEN_MS + MINUTE, { clock, boot: "boot-2", up: OPEN_MS }))).toBe(0);
    }
    expect(FATALS).toBe(3);
  });
});
