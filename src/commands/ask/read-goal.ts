import type { Readable } from "node:stream";
import { messageOf, usageError } from "../../core/errors.ts";

/** Above this nothing fits into a prompt, so reading on would only fill memory. */
const MAX_GOAL_BYTES = 4 * 1024 * 1024;

/**
 * The goal from the command line, or from stdin where it was asked for with `-`; stdin is never touched else. undefined
 * when there is none: a packet or a unit of a plan may have it.
 */
export async function readGoal(positionals: readonly string[], stdin: Readable): Promise<string | undefined> {
  const [first, ...more] = positionals;
  if (more.length > 0) {
    throw usageError(
      `the goal must be one argument, but there are ${positionals.length}`,
      'put it in quotes: ask_codex "fix the login test"',
    );
  }
  if (first === undefined) return undefined;
  const goal = first === "-" ? await readAll(stdin) : checkArgument(first);
  if (goal.trim() === "")
    throw usageError("the goal is empty", 'say what is to be done: ask_codex "fix the login test"');
  return goal;
}

/** Node reads an argument that is not UTF-8 as U+FFFD, so that a goal with one may be another than the caller's. */
function checkArgument(goal: string): string {
  if (!goal.includes("\uFFFD")) return goal;
  throw usageError(
    "the goal has the character U+FFFD, which stands for bytes that are not UTF-8",
    "if it is meant, give the goal on stdin with -",
  );
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_GOAL_BYTES) {
      throw usageError(
        `the goal on stdin is over ${MAX_GOAL_BYTES} bytes, more than Codex takes`,
        "put the material into files and name them with --file",
      );
    }
    chunks.push(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw usageError(`the goal on stdin is not UTF-8 (${messageOf(error)})`, "convert it first");
  }
}
