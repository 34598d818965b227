import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { latestBroker, writeBroker } from "../../../../src/broker/store/broker-record.ts";
import { readQueue } from "../../../../src/broker/store/queue.ts";
import { writeStatus } from "../../../../src/run/create-record.ts";
import { isAlive, ownerOf } from "../../../../src/sys/owner.ts";
import { TOKEN } from "../../broker/peer.ts";
import { startBroker } from "../../broker/start-broker.ts";
import { BROKER_ID, sampleBrokerRecord } from "../../core/samples.ts";
import { callBroker, newPlace, openSession } from "./broker-world.ts";
import { DEAD, newSession, runId } from "./session-world.ts";

const END = { at: "2026-11-21T05:11:03.000Z", how: "stopped" as const, reason: "asked" };
const NOTHING = { killed: [], left: [], removed_dirs: [] };

test("the broker is asked to stop, and what it found is said", async () => {
  const world = await openSession(
    { runs: [{ receipt: {} }] },
    {
      async stop() {
        const processes = { killed: ["sleep (7)", "node (8)"], left: [], removed_dirs: [] };
        const { workspace, ref } = world;
        writeBroker(ref, 1, sampleBrokerRecord({ workspace, owner: DEAD, ended: { ...END, processes } }));
        return { processes, undelivered: ["m-1", "m-2"] };
      },
    },
  );
  // The broker of this test is this process, which must not be waited for.
  const { workspace, ref } = world;
  writeBroker(ref, 1, {
    ...(latestBroker(ref)?.record ?? sampleBrokerRecord({ workspace })),
    owner: null,
    starter: ownerOf(process.pid) ?? DEAD,
  });
  const { code, lines, err } = await world.say("stop", BROKER_ID);
  expect([code, err]).toEqual([0, ""]);
  expect(lines).toEqual({
    broker_id: BROKER_ID,
    status: "stopped",
    killed: "sleep (7), node (8)",
    left: "",
    undelivered: "2",
  });
  const again = await world.say("stop", "--json", BROKER_ID);
  expect(JSON.parse(again.out)).toEqual({
    broker_id: BROKER_ID,
    status: "stopped",
    killed: [],
    left: [],
    undelivered: 0,
    note: "it had ended before: asked",
  });
  expect(world.asked).toHaveLength(1);
});

test("one that died by itself is said to be lost", async () => {
  const place = newPlace();
  newSession({ ...place, broker: { owner: DEAD }, runs: [{ status: { owner: DEAD } }] });
  const { code, lines } = await callBroker(place.home, ["stop", BROKER_ID]);
  expect([code, lines.status]).toEqual([0, "lost"]);
  expect(lines.note).toMatch(/it had ended before: the broker died/);
});

test("a broker that hangs is killed, and its session is stopped: what waits is undelivered", async () => {
  const { home, workspace } = newPlace();
  const hung = await startBroker(join(home, "..", "s"));
  const owner = ownerOf(hung.pid) ?? DEAD;
  const { ref, dir } = newSession({
    home,
    workspace,
    broker: { socket: hung.path, token: TOKEN, owner },
    runs: [{ status: { owner } }],
    messages: [{ state: "consumed", run_id: runId(0) }, {}],
  });
  await hung.freeze();
  const { code, lines } = await callBroker(home, ["stop", BROKER_ID]);
  expect(code).toBe(0);
  expect(lines).toMatchObject({ status: "stopped", left: "", undelivered: "1" });
  expect(lines.killed).toContain(`(${hung.pid})`);
  expect(isAlive(owner)).toBe(false);
  expect(latestBroker(ref)?.record.ended).toMatchObject({ how: "stopped", processes: { left: [] } });
  expect(readQueue(ref).map((one) => [one.state, one.why])).toEqual([
    ["consumed", null],
    ["undelivered", "the session was stopped: codex_broker stop"],
  ]);
  expect(existsSync(join(dir(runId(0)), "result.json"))).toBe(true);
});

test("a broker that answers and stays is ended, too", async () => {
  const { home, workspace } = newPlace();
  const stays = await startBroker(join(home, "..", "s"));
  const owner = ownerOf(stays.pid) ?? DEAD;
  newSession({ home, workspace, broker: { socket: stays.path, token: TOKEN, owner }, runs: [{ receipt: {} }] });
  const { code, lines } = await callBroker(home, ["stop", BROKER_ID]);
  expect([code, lines.status, lines.left]).toEqual([0, "stopped", ""]);
  expect(lines.killed).toContain(`(${stays.pid})`);
  expect(isAlive(owner)).toBe(false);
});

test("a one-run session is ended by its broker", async () => {
  const world = await openSession(
    { broker: false, runs: [{}] },
    {
      async stop() {
        world.end(runId(0), { verdict: "cancelled", exit_code: 130, processes: { ...NOTHING, killed: ["sleep (7)"] } });
        return { processes: NOTHING, undelivered: ["m-1"] };
      },
    },
  );
  // As above.
  writeStatus(world.dir(runId(0)), { version: 1, runId: runId(0), state: "running", updatedAt: END.at, sent: true });
  const { code, lines } = await world.say("stop", runId(0));
  expect(code).toBe(0);
  expect(lines).toMatchObject({ broker_id: BROKER_ID, status: "stopped", killed: "sleep (7)", undelivered: "1" });
});
