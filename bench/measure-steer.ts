import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../src/core/errors.ts";
import type { Context } from "./context.ts";
import { beginSession, withSessions } from "./live-sessions.ts";
import { type Row, timeRow } from "./row.ts";
import { missing, runProcess } from "./run-process.ts";
import { GOAL, HELLO, type World } from "./world.ts";

const TEXT = "use tabs";
const LOOK_EVERY_MS = 5;
const LIMIT_MS = 30_000;

interface Steered {
  /** From the start of the client until it said that Codex has the message. */
  acceptedMs: number;
  /** From the end of the command until the model was asked with the message. */
  askedMs: number;
}

/** How long a message into the turn takes, while a command runs that ends right after. */
export function measureSteer({ world, rounds, check, say }: Context): Promise<Row[]> {
  say(`steer: ${rounds} turns`);
  const { lab } = world;
  // The command ends the moment that we close it.
  const pipe = join(lab.dir, "until-closed");
  execFileSync("mkfifo", [pipe]);
  let askedAt: number | undefined;
  const stamp = {
    waiting: 0,
    isOpen: true,
    open() {},
    pass: async () => {
      askedAt = performance.now();
    },
  };
  const command = [{ run: `cat '${pipe}'`, yieldMs: LIMIT_MS }];
  const answer = HELLO.map((beat) => ({ ...beat, gate: stamp }));
  // The steer is a text of the user, too: what follows on it is the next entry of the script.
  lab.model.script([HELLO, ...Array.from({ length: rounds + 1 }, () => [command, answer]).flat()]);
  return withSessions(world, async () => {
    check();
    const { id } = await beginSession(world, GOAL);
    const all: Steered[] = [];
    for (let round = 0; round <= rounds; round++) {
      check();
      askedAt = undefined;
      const steered = await steerOnce(world, { id, pipe, askedAt: () => askedAt });
      // The first one warms the caches.
      if (round > 0) all.push(steered);
    }
    return [
      timeRow(
        "send --steer: until Codex has it",
        all.map(({ acceptedMs }) => acceptedMs),
      ),
      timeRow(
        "send --steer: from the end of the command until the model has it",
        all.map(({ askedMs }) => askedMs),
      ),
    ];
  });
}

async function steerOnce(
  world: World,
  { id, pipe, askedAt }: { id: string; pipe: string; askedAt: () => number | undefined },
): Promise<Steered> {
  const { lab, argv } = world;
  await runProcess(world, argv.broker("send", id, GOAL));
  const end = await until("the command", () => openIfRead(pipe));
  let endedAt: number;
  let acceptedMs: number | undefined;
  try {
    acceptedMs = (await runProcess(world, argv.broker("send", "--steer", id, TEXT), /^delivery=steered\n/m)).markMs;
  } finally {
    endedAt = performance.now();
    closeSync(end);
  }
  const askedMs = (await until("the model's next request", askedAt)) - endedAt;
  if (lab.model.userTexts().at(-1) !== TEXT) throw new Error(`the model's next request was without "${TEXT}"`);
  await runProcess(world, argv.broker("wait", id));
  return { acceptedMs: acceptedMs ?? missing("delivery=steered"), askedMs };
}

/** Opens a named pipe for writing once somebody reads it: fifo(7). */
function openIfRead(pipe: string): number | undefined {
  try {
    return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === "ENXIO") return undefined;
    throw error;
  }
}

async function until<Value>(what: string, look: () => Value | undefined): Promise<Value> {
  for (let waited = 0; waited < LIMIT_MS; waited += LOOK_EVERY_MS) {
    const seen = look();
    if (seen !== undefined) return seen;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`${what} never came`);
}
