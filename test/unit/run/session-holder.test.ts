import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokerPath } from "../../../src/broker/store/broker-record.ts";
import { readRun } from "../../../src/run/read-run.ts";
import { isHeld } from "../../../src/run/session-holder.ts";
import { commandsMarker, RUN_MARKER } from "../../../src/sys/environment.ts";
import { temporaryDir } from "../../../src/sys/paths.ts";
import { ALIVE, DEAD, newSession, OTHER_BOOT, plant, runId } from "../broker/store/new-session.ts";
import { isGone, runScript } from "../sys/children.ts";

describe("a session is held", () => {
  it.each([
    ["by a broker that lives", { owner: ALIVE }, true],
    ["by one that is coming up: whoever starts it lives", { owner: null, starter: ALIVE }, true],
    ["not by one that is dead", { owner: DEAD }, false],
    ["not by one of before the reboot", { owner: OTHER_BOOT }, false],
    ["not by one that was never started", { owner: null, starter: DEAD }, false],
  ])("%s", (_, record, held) => {
    const session = newSession();
    session.broker(record);
    expect(isHeld(session.dir)).toBe(held);
  });

  it("by the latest one alone, and not when that has ended", () => {
    const session = newSession();
    session.broker({ owner: DEAD });
    session.broker({ owner: ALIVE }, 1);
    expect(isHeld(session.dir)).toBe(true);
    session.end({}, 2);
    expect(isHeld(session.dir)).toBe(false);
  });

  it("perhaps, where its record is of a later version or can't be read", () => {
    const session = newSession();
    for (const text of ['{"version":2}', "{"]) {
      plant(brokerPath(session.ref, 1), text);
      expect(isHeld(session.dir)).toBe(true);
    }
  });

  it("not where there is none", () => {
    const session = newSession();
    expect(isHeld(session.dir)).toBe(false);
    session.broker();
    rmSync(join(session.dir, "brokers"), { recursive: true });
    expect(isHeld(session.dir)).toBe(false);
  });
});

describe("a run that its broker left behind, found when another one has the session", () => {
  /** A session with a run of a dead broker, and processes that carry the marks of its Codex and of its commands. */
  async function world(brokers: "dead" | "another lives") {
    const brokerId = `b-20261121-051103-${Math.random().toString(36).slice(2, 6).padEnd(4, "a")}`;
    const session = newSession({ brokerId });
    session.broker({ owner: DEAD });
    if (brokers === "another lives") session.broker({ owner: ALIVE }, 1);
    const dir = session.run(runId(1), { state: "running", owner: DEAD }, { live: true });
    const markers = [brokerId, commandsMarker(brokerId), `${runId(1)}.checks`];
    const children = await Promise.all(
      markers.map((marker) => runScript("echo $$; read x", { [RUN_MARKER]: marker }, 1)),
    );
    const tmp = temporaryDir(session.home, brokerId);
    plant(join(tmp, "x"), "");
    return { dir, tmp, lives: () => children.map(({ pid }) => !isGone(pid)) };
  }

  it("is lost, and nothing of the session is touched but the run's own checks", async () => {
    const { dir, tmp, lives } = await world("another lives");
    expect(await readRun(dir)).toMatchObject({ state: "ended", receipt: { verdict: "lost" } });
    expect(lives()).toEqual([true, true, false]);
    expect(existsSync(tmp)).toBe(true);
  });

  it("is lost, and all of it is ended, where none has", async () => {
    const { dir, tmp, lives } = await world("dead");
    expect(await readRun(dir)).toMatchObject({ state: "ended", receipt: { verdict: "lost" } });
    expect(lives()).toEqual([false, false, false]);
    expect(existsSync(tmp)).toBe(false);
  });
});
