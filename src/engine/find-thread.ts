import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { codexHome } from "../sys/user-home.ts";

/** Codex keeps a thread as `sessions/YYYY/MM/DD/rollout-<time>-<thread id>.jsonl` (CODEX.md 7). */
export const codexHasThread = (env: NodeJS.ProcessEnv, threadId: string): boolean =>
  rolloutsOf(env, threadId).length > 0;

const IN_NAME = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** The ids of all threads that Codex keeps: one walk for whoever asks about many. */
export const keptThreads = (env: NodeJS.ProcessEnv): ReadonlySet<string> =>
  new Set(rolloutsOf(env, ".jsonl").flatMap((path) => IN_NAME.exec(basename(path))?.[0] ?? []));

/**
 * Whether Codex has written a text down in a thread. A message that was steered into a turn stands there with the id
 * that it was sent with, from the moment the model has it (0.169.0).
 */
export const threadHolds = (env: NodeJS.ProcessEnv, threadId: string, text: string): boolean =>
  rolloutsOf(env, threadId).some((path) => holds(path, Buffer.from(text)));

/** What of a run's prompt is its own, as a line of JSON has it. */
export const headOfGoal = (goal: string): string => JSON.stringify(goal).slice(1, -1).slice(0, HEAD_CHARS);
const HEAD_CHARS = 1_000;

function rolloutsOf(env: NodeJS.ProcessEnv, inName: string): string[] {
  const home = codexHome(env);
  return ["sessions", "archived_sessions"].flatMap((folder) =>
    namesBelow(join(home, folder))
      .filter((name) => name.includes(inName))
      .map((name) => join(home, folder, name))
      // A Codex that was killed over its first line leaves an empty one.
      .filter((path) => statSync(path).size > 0),
  );
}

const PIECE_BYTES = 1024 * 1024;

/** In pieces that overlap: a long thread is a big file. */
function holds(path: string, text: Buffer): boolean {
  const file = openSync(path, "r");
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let at = 0; ; at += PIECE_BYTES - text.length) {
      const read = readSync(file, piece, 0, PIECE_BYTES, at);
      if (piece.subarray(0, read).includes(text)) return true;
      if (read < PIECE_BYTES) return false;
    }
  } finally {
    closeSync(file);
  }
}

function namesBelow(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}
