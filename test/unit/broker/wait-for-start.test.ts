import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createStartWait, mustWait } from "../../../src/broker/wait-for-start.ts";
import type { RunEvent } from "../../../src/core/event.ts";
import { RunStatus } from "../../../src/core/record.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { until } from "../sys/children.ts";
import { tempDir } from "../sys/temp-dir.ts";

const NEVER = new AbortController().signal;

/** Records of runs in one state home, as a broker has claimed them. */
function newRecords() {
  const home = tempDir();
  return {
    home,
    run(runId: string, rules: { maxParallel?: number; notBefore?: string | null } = {}) {
      const dir = join(home, runId);
      mkdirSync(dir);
      writeFileSync(join(dir, "request.json"), "{}");
      const status = {
        version: 1,
        runId,
        state: "queued",
        updatedAt: "2026-11-21T05:11:03.000Z",
        owner: currentOwner(),
      };
      writeFileSync(join(dir, "status.json"), JSON.stringify(status));
      const told: RunEvent[] = [];
      const wait = createStartWait(home, dir, { runId, maxParallel: 1, notBefore: null, ...rules });
      return {
        dir,
        wait,
        told,
        until: (signal = NEVER) => wait.until(signal, (event) => told.push(event)),
        status: () => RunStatus.parse(JSON.parse(readFileSync(join(dir, "status.json"), "utf8"))),
        events: () =>
          readFileSync(join(dir, "events.jsonl"), "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line)),
      };
    },
  };
}

describe("a run that waits for its start", () => {
  it("begins at once where there is room, and says nothing of waiting", async () => {
    const { status, until: wait, told } = newRecords().run("r-1");
    expect(await wait()).toBe("begun");
    expect(status()).toMatchObject({ state: "running", owner: currentOwner() });
    expect(told).toEqual([]);
  });

  it("says for what it waits, and begins when the one before it is over", async () => {
    const { run } = newRecords();
    const [first, second] = [run("r-1"), run("r-2")];
    await first.until();
    const begun = second.until();
    await until(() => second.status().waiting !== undefined);
    expect(second.status()).toMatchObject({ state: "queued", waiting: { for: "slot", ahead: 1, until: null } });
    first.wait.over();
    expect(await begun).toBe("begun");
    expect(second.status().waiting).toBeUndefined();
    expect(second.status().state).toBe("running");
    expect(second.told).toEqual([{ type: "waiting", for: "slot", ahead: 1, until: null }]);
    expect(second.events()).toMatchObject(second.told);
  });

  it("keeps its place when one part of its broker hands the waiting to another", async () => {
    const { run } = newRecords();
    const [first, second, third] = [run("r-1"), run("r-2"), run("r-3")];
    await first.until();
    const stop = new AbortController();
    const left = second.until(stop.signal);
    await until(() => second.status().waiting !== undefined);
    const behind = third.until();
    await until(() => third.status().waiting?.ahead === 2);
    stop.abort();
    expect(await left).toBe("aborted");
    const again = second.until();
    first.wait.over();
    expect(await again).toBe("begun");
    expect(third.wait.begun).toBe(false);
    second.wait.over();
    expect(await behind).toBe("begun");
  });

  it("waits for its time first, and holds no place meanwhile", async () => {
    const { run } = newRecords();
    const parked = run("r-1", { notBefore: new Date(Date.now() + 86_400_000).toISOString() });
    const stop = new AbortController();
    const left = parked.until(stop.signal);
    await until(() => parked.status().waiting !== undefined);
    expect(parked.status().waiting).toMatchObject({ for: "quota", ahead: null });
    expect(await run("r-2").until()).toBe("begun");
    stop.abort();
    expect(await left).toBe("aborted");
  });

  it("begins when its time has come, also one that is past", async () => {
    const { run } = newRecords();
    expect(await run("r-1", { notBefore: new Date(Date.now() + 50).toISOString() }).until()).toBe("begun");
    const late = run("r-2", { notBefore: "2020-01-01T00:00:00.000Z", maxParallel: 0 });
    expect(await late.until()).toBe("begun");
    expect(late.told).toEqual([]);
  });

  it("ends with its record", async () => {
    const { run } = newRecords();
    const gone = run("r-1");
    rmSync(join(gone.dir, "request.json"));
    expect(await gone.until()).toBe("removed");
  });

  it("tells of a file in the line that is not ours, once", async () => {
    const { home, run } = newRecords();
    mkdirSync(join(home, "slots"));
    writeFileSync(join(home, "slots", "7.json"), "mine!");
    const { told, until: wait } = run("r-1");
    expect(await wait()).toBe("begun");
    expect(told).toEqual([{ type: "warning", message: expect.stringMatching(/slots\/7\.json is no ticket of a run/) }]);
  });

  it.each([
    [{ maxParallel: 0, notBefore: null }, false],
    [{ maxParallel: 4, notBefore: null }, true],
    [{ maxParallel: 0, notBefore: "2026-11-21T05:11:03.000Z" }, true],
  ])("%j: has to wait: %s", (rules, answer) => {
    expect(mustWait(rules)).toBe(answer);
  });
});
