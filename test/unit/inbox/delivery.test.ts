import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { endWithTest, isGone, until } from "../sys/children.ts";
import { race } from "../sys/race.ts";
import { DEAD, liveSession, newWorld, runId, type World } from "./inbox-world.ts";

const CALLER = join(import.meta.dirname, "inbox-caller.ts");
const shownIn = (said: string): string[] =>
  [...said.matchAll(/^shown (.*)$/gm)].flatMap(([, ids]) => ids?.split(" ") ?? []).filter((id) => id !== "");

test("50 runs of a dead session and of none are 50 deliveries, whoever of 8 sessions comes at once", async () => {
  const world = newWorld();
  const ids = Array.from({ length: 50 }, (_, at) => runId(at));
  for (const [at, id] of ids.entries()) world.ended(id, at % 2 ? null : { session: "dead", owner: DEAD });
  const argvs = Array.from({ length: 8 }, (_, at) => [world.home, world.workspace, `session-${at}`]);
  const ends = await race(CALLER, argvs);
  expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
  expect(ends.flatMap(({ said }) => shownIn(said)).sort()).toEqual(ids);
  expect(await world.ids(null)).toEqual([]);
});

describe("a crash between print and acknowledgement", () => {
  /** A session that was shown what there is, as a process that lives. */
  async function look({ home, workspace }: World, session: string): Promise<{ pid: number; shown: string[] }> {
    const argv = ["--import", "tsx", CALLER, home, workspace, session, "look"];
    const child = spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "inherit"] });
    const pid = child.pid ?? 0;
    endWithTest(pid);
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    child.stdin.write("go\n");
    await until(() => said.includes("looked"));
    return { pid, shown: shownIn(said) };
  }

  test("of the session: the next one is shown all of it once it is dead, and then nobody", async () => {
    const world = newWorld();
    for (const at of [1, 2, 3]) world.ended(runId(at), { session: "dead", owner: DEAD });
    const first = await look(world, "first");
    expect(first.shown).toHaveLength(3);
    const [second, third] = [liveSession("second"), liveSession("third")];
    expect(await world.ids(second)).toEqual([]);
    process.kill(first.pid, "SIGKILL");
    await until(() => isGone(first.pid));
    expect(await world.ids(second)).toEqual(first.shown);
    await world.call(second, ["inbox", "--ack", "all"]);
    for (const caller of [second, third, null]) expect(await world.ids(caller)).toEqual([]);
  });

  test("of the command alone: the session is shown it again, and nobody else", async () => {
    const world = newWorld();
    const own = liveSession("own");
    world.ended(runId(1), own);
    // The command's own process says that it belongs to this session, and takes it along into its death.
    const command = await look(world, "own");
    process.kill(command.pid, "SIGKILL");
    await until(() => isGone(command.pid));
    expect(await world.ids(liveSession("other"))).toEqual([]);
    expect(await world.ids(own)).toEqual([runId(1)]);
    await world.call(own, ["inbox", "--ack", runId(1)]);
    expect(await world.ids(own)).toEqual([]);
  });
});
