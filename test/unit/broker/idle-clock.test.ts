import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createIdleClock } from "../../../src/broker/idle-clock.ts";

const HOUR = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({
    now: new Date("2026-11-21T05:11:03Z"),
    toFake: ["setTimeout", "clearTimeout", "Date", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const clockOf = (idleMs: number) => {
  const ring = vi.fn();
  return { ring, clock: createIdleClock(idleMs, ring) };
};

describe("a clock of idle time", () => {
  it.each([1, 900, 30_000, 30_001, 1_800_000, 7 * 24 * HOUR])("of %d ms rings when they are over, once", (idleMs) => {
    const { ring } = clockOf(idleMs);
    vi.advanceTimersByTime(idleMs - 1);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2);
    expect(ring).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(2 * idleMs);
    expect(ring).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of 0 never rings, and has no timer", () => {
    const { ring } = clockOf(0);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1000 * HOUR);
    expect(ring).not.toHaveBeenCalled();
  });

  it("that is stopped does not ring", () => {
    const { ring, clock } = clockOf(HOUR);
    vi.advanceTimersByTime(HOUR - 1);
    clock.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(HOUR);
    expect(ring).not.toHaveBeenCalled();
    clock.stop();
  });

  it("counts the time in which the machine slept: only the wall clock has it", () => {
    const { ring } = clockOf(HOUR);
    vi.advanceTimersByTime(40_000);
    vi.setSystemTime(Date.now() + 2 * HOUR);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(30_000);
    expect(ring).toHaveBeenCalledOnce();
  });

  it("is not held up by a wall clock that is set back", () => {
    const { ring } = clockOf(HOUR);
    vi.advanceTimersByTime(40_000);
    vi.setSystemTime(Date.now() - 24 * HOUR);
    vi.advanceTimersByTime(HOUR - 40_001);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2);
    expect(ring).toHaveBeenCalledOnce();
  });

  it("has one timer at a time", () => {
    clockOf(7 * 24 * HOUR);
    for (let hours = 0; hours < 24; hours++) {
      vi.advanceTimersByTime(HOUR);
      expect(vi.getTimerCount()).toBe(1);
    }
  });
});
