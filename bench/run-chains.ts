import type { Context } from "./context.ts";
import { findMixUp, seeTurn, WORD } from "./find-mix-up.ts";
import { beginSession } from "./live-sessions.ts";
import { lineOf, runProcess, threadOf } from "./run-process.ts";
import type { World } from "./world.ts";

type Place = Pick<Context, "world" | "stop">;

export const CHAINS = 24;
export const TURNS = 3;

/** One turn of a chain, in the thread of its first one: resolves with that, and fails where the answer is another word. */
export type Turn = (world: World, word: string, id: string | undefined) => Promise<string>;

/** A turn of a session that stays. */
export async function takeLiveTurn(world: World, word: string, known: string | undefined): Promise<string> {
  const { id, stdout } = known === undefined ? await beginSession(world, word) : await sendTo(world, known, word);
  if (lineOf(stdout, "verdict") !== "done" || !stdout.split("\n").includes(word)) throw wrong(word, stdout);
  return id;
}

const sendTo = async (world: World, id: string, word: string) => ({
  id,
  stdout: (await runProcess(world, world.argv.broker("send", "--wait", id, word))).stdout,
});

/** The same of bare Codex. */
export async function takeBareTurn(world: World, word: string, known: string | undefined): Promise<string> {
  const { argv } = world;
  const { stdout } = await runProcess(world, known === undefined ? argv.execText(word) : argv.execAgain(known, word));
  if (!stdout.includes(`"text":"${word}\\n`)) throw wrong(word, stdout);
  return known ?? threadOf(stdout);
}

const wrong = (word: string, stdout: string) => new Error(`the answer should have been ${word}:\n${stdout}`);

/** Carries all chains out at once; resolves with the milliseconds until the last is over, all of them correct. */
export async function runChains({ world, stop }: Place, side: string, take: Turn): Promise<number> {
  const { model } = world.lab;
  // The model says the word that it was told, and no two turns are told the same.
  model.script([{ echo: WORD }]);
  model.requests.length = 0;
  const turns = Array.from({ length: TURNS }, (_, at) => at + 1);
  const chains = Array.from({ length: CHAINS }, (_, chain) => turns.map((turn) => `word-${side}-${chain + 1}-${turn}`));
  const since = performance.now();
  const ended = await Promise.allSettled(chains.map((words) => runChain({ world, stop }, words, take)));
  const ms = performance.now() - since;
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  const mixUp = findMixUp(chains, model.requests.map(seeTurn));
  if (mixUp !== undefined) throw new Error(mixUp);
  return ms;
}

async function runChain({ world, stop }: Place, words: readonly string[], take: Turn): Promise<void> {
  let id: string | undefined;
  for (const word of words) {
    stop.throwIfAborted();
    id = await take(world, word, id);
  }
}
