import { describe, expect, it } from "vitest";
import { isBrokerId, isRunId, isThreadId, newBrokerId, newRunId } from "../../../src/core/ids.ts";

const at = (time: string) => new Date(time);

describe("new ids", () => {
  it.each([
    ["2026-11-21T05:11:03.999Z", "20261121-051103"],
    ["2026-01-02T00:00:00.000Z", "20260102-000000"],
    ["2026-12-31T23:59:59.000+00:00", "20261231-235959"],
    ["2026-06-01T01:00:00.000+02:00", "20260531-230000"],
  ])("%s is stamped %s, in UTC", (time, stamp) => {
    expect(newRunId(at(time))).toMatch(new RegExp(`^r-${stamp}-[a-z0-9]{4}$`));
    expect(newBrokerId(at(time))).toMatch(new RegExp(`^b-${stamp}-[a-z0-9]{4}$`));
  });

  it("sorts by time", () => {
    const times = ["2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "2026-02-01T00:00:01Z", "2027-01-01T00:00:00Z"];
    const ids = times.map((time) => newRunId(at(time)));
    expect([...ids].sort()).toEqual(ids);
  });

  it("keeps starts of the same second apart", () => {
    const ids = Array.from({ length: 50 }, () => newRunId(at("2026-11-21T05:11:03Z")));
    expect(new Set(ids).size).toBeGreaterThan(45);
  });

  it("has no letter that is taken for another", () => {
    const tails = Array.from({ length: 300 }, () => newRunId(at("2026-11-21T05:11:03Z")).slice(-4)).join("");
    expect(tails).not.toMatch(/[ilo01]/);
  });

  it("recognises its own", () => {
    expect(isRunId(newRunId(at("2026-11-21T05:11:03Z")))).toBe(true);
    expect(isBrokerId(newBrokerId(at("2026-11-21T05:11:03Z")))).toBe(true);
  });
});

describe("recognition", () => {
  const THREAD = "01a1fc85-0ba0-7dc1-9e6f-0f6c4f5d9a11";
  it.each<[id: string, kind: "run" | "broker" | "thread" | "none"]>([
    ["r-20261121-051103-k7qz", "run"],
    ["b-20261121-051103-k7qz", "broker"],
    [THREAD, "thread"],
    [THREAD.toUpperCase(), "thread"],
    ["r-20261121-051103-k7q", "none"],
    ["r-20261121-051103-k7qzz", "none"],
    ["r-20261121-051103-K7QZ", "none"],
    ["r-2026112-051103-k7qz", "none"],
    ["r-20261121-051103-../.", "none"],
    ["r-20261121-051103-k7qz/..", "none"],
    ["r-20261121-051103-k7qz\n", "none"],
    [" r-20261121-051103-k7qz", "none"],
    [`${THREAD}\n`, "none"],
    [`x${THREAD}`, "none"],
    [THREAD.replaceAll("-", ""), "none"],
    [THREAD.replace("0", "g"), "none"],
    ["my session", "none"],
    ["..", "none"],
    ["", "none"],
  ])("%j is %s", (id, kind) => {
    expect([isRunId(id), isBrokerId(id), isThreadId(id)]).toEqual([
      kind === "run",
      kind === "broker",
      kind === "thread",
    ]);
  });
});
