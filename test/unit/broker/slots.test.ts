import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createSlot, slotsDir } from "../../../src/broker/slots.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { race } from "../sys/race.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { ALIVE, DEAD, OTHER_BOOT } from "./store/new-session.ts";

/** A line of its own, in which every ticket is of an owner that lives unless a test says otherwise. */
function newLine() {
  const home = tempDir();
  const strangers: string[] = [];
  const slotOf = (runId: string, owner = ALIVE) =>
    createSlot(home, { version: 1, run_id: runId, owner, record: join(home, runId) }, (path) => strangers.push(path));
  return {
    home,
    strangers,
    slotOf,
    take(runId: string, owner = ALIVE) {
      const slot = slotOf(runId, owner);
      slot.take();
      return slot;
    },
    put(name: string, text: string) {
      mkdirSync(slotsDir(home), { recursive: true });
      writeFileSync(join(slotsDir(home), name), text);
      return join(slotsDir(home), name);
    },
    names: () => readdirSync(slotsDir(home)).sort(),
    runs: () =>
      readdirSync(slotsDir(home))
        .sort((one, two) => Number.parseInt(one, 10) - Number.parseInt(two, 10))
        .map((name) => JSON.parse(readFileSync(join(slotsDir(home), name), "utf8")).run_id),
  };
}

describe("the line of the background runs", () => {
  it("lets so many begin at once, and the next when one is over, first come first served", () => {
    const { take, runs } = newLine();
    const [one, two, three, four] = ["a", "b", "c", "d"].map((runId) => take(runId));
    expect([one, two, three, four].map((slot) => slot?.look(2))).toEqual([
      { ahead: 0, isFree: true },
      { ahead: 1, isFree: true },
      { ahead: 2, isFree: false },
      { ahead: 3, isFree: false },
    ]);
    two?.leave();
    expect(four?.look(2)).toEqual({ ahead: 2, isFree: false });
    expect(three?.look(2)).toEqual({ ahead: 1, isFree: true });
    expect(runs()).toEqual(["a", "c", "d"]);
  });

  it("lets each wait by its own measure", () => {
    const { take } = newLine();
    const slots = ["a", "b", "c"].map((runId) => take(runId));
    expect(slots.map((slot) => slot.look(1))).toMatchObject([{ isFree: true }, { isFree: false }, { isFree: false }]);
    expect(slots[2]?.look(3)).toMatchObject({ isFree: true });
  });

  it.each([
    ["was killed", DEAD],
    ["is of another boot", OTHER_BOOT],
  ])("does not wait for an owner that %s, and takes its ticket away", (_, owner) => {
    const { take, runs } = newLine();
    take("a", owner);
    take("b");
    take("c", owner);
    const last = take("d");
    expect(last.look(1)).toEqual({ ahead: 2, isFree: false });
    expect(runs()).toEqual(["b", "c", "d"]);
    expect(last.look(2)).toEqual({ ahead: 1, isFree: true });
    expect(runs()).toEqual(["b", "d"]);
  });

  it("looks only at those in front, however long it is", () => {
    const { take, runs } = newLine();
    take("a");
    for (const runId of ["b", "c", "d"]) take(runId, DEAD);
    const last = take("e");
    expect(last.look(1)).toEqual({ ahead: 4, isFree: false });
    expect(runs()).toEqual(["a", "b", "c", "d", "e"]);
  });

  it.each([
    ["no JSON", "hello"],
    ["half of it", '{"version":1,"run_id":"x","owner":{"pid":1'],
    ["of a later version", JSON.stringify({ version: 2, run_id: "x", owner: ALIVE, record: "/" })],
    ["without an owner", JSON.stringify({ version: 1, run_id: "x", record: "/" })],
  ])("names a file that is not ours (%s), leaves it alone, and nobody waits for it", (_, text) => {
    const { put, take, strangers, names } = newLine();
    const paths = [put("1.json", text), put("999999999999999.json", text)];
    put("notes.txt", "nobody's");
    const first = take("a");
    const second = take("b");
    expect(first.look(1)).toEqual({ ahead: 0, isFree: true });
    expect(second.look(1)).toEqual({ ahead: 1, isFree: false });
    first.leave();
    expect(second.look(1)).toEqual({ ahead: 0, isFree: true });
    expect(new Set(strangers)).toEqual(new Set(paths));
    second.leave();
    expect(names()).toEqual(["1.json", "999999999999999.json", "notes.txt"]);
    expect(readFileSync(paths[0] ?? "", "utf8")).toBe(text);
  });

  it("tells who has lost the place, who can take another one behind the others", () => {
    const { home, take, runs } = newLine();
    const one = take("a");
    rmSync(slotsDir(home), { recursive: true });
    expect(one.look(1)).toBe("lost");
    take("b");
    one.take();
    expect(runs()).toEqual(["b", "a"]);
    expect(one.look(1)).toEqual({ ahead: 1, isFree: false });
  });

  it("keeps no number below one that came meanwhile and did not count it", () => {
    const { home, put, take, runs } = newLine();
    put("1.json", "hello");
    const clock = vi.spyOn(Date, "now");
    onTestFinished(() => clock.mockRestore());
    // Between its look at the line and its own number another one comes, and the clock is set back.
    const late = createSlot(home, { version: 1, run_id: "a", owner: ALIVE, record: home }, () => {
      take("b");
      clock.mockReturnValueOnce(1_000);
    });
    late.take();
    rmSync(join(slotsDir(home), "1.json"));
    expect(runs()).toEqual(["b", "a"]);
    expect(late.look(1)).toEqual({ ahead: 1, isFree: false });
  });

  it("gives no place away that is somebody else's by now", () => {
    const { home, take, runs } = newLine();
    const one = take("a");
    const [name = ""] = readdirSync(slotsDir(home));
    writeFileSync(
      join(slotsDir(home), name),
      JSON.stringify({ version: 1, run_id: "b", owner: currentOwner(), record: home }),
    );
    one.leave();
    expect(runs()).toEqual(["b"]);
  });

  it.each([1, 2])("never lets more than %i in, whoever comes and goes", async (max) => {
    const { home, names } = newLine();
    const racers = ["a", "b", "c"].map((name) => [home, name, String(max), "30"]);
    const over = await race(join(import.meta.dirname, "slot-racer.ts"), racers);
    expect(over.map(({ code, said }) => [code, said])).toEqual(racers.map(() => [0, "ready\nthrough 30\n"]));
    expect(names()).toEqual([]);
  });
});
