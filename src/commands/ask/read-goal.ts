import type { Readable } from "node:stream";
import { messageOf, usageError } from "../../core/errors.ts";

/** Above this nothing fits into a prompt, so reading on would only fill memory. */
const MAX_GOAL_BYTES = 4 * 1024 * 1024;

interface Kind {
  name: "goal" | "message" | "answer" | "focus";
  hint: string;
}

/**
 * The goal from the command line, or from stdin where it was asked for with `-`; stdin is never touched else. undefined
 * when there is none: a packet or a unit of a plan may have it.
 */
export async function readGoal(
  positionals: readonly string[],
  stdin: Readable,
  call = "ask_codex",
): Promise<string | undefined> {
  const [first, ...more] = positionals;
  const example = `${call} "fix the login test"`;
  if (more.length > 0) {
    throw usageError(
      `the goal must be one argument, but there are ${positionals.length}`,
      `put it in quotes: ${example}`,
    );
  }
  return first === undefined
    ? undefined
    : readOne(first, { name: "goal", hint: `say what is to be done: ${example}` }, stdin);
}

/** What is said to a session, read as a goal is. */
export const readText = (name: "message" | "answer" | "focus", word: string, stdin: Readable): Promise<string> =>
  readOne(word, { name, hint: "say it in quotes, or on stdin with -" }, stdin);

async function readOne(word: string, kind: Kind, stdin: Readable): Promise<string> {
  const text = word === "-" ? await readAll(kind, stdin) : checkArgument(kind, word);
  if (text.trim() === "") throw usageError(`the ${kind.name} is empty`, kind.hint);
  return text;
}

/** Node reads an argument that is not UTF-8 as U+FFFD, so that a text with one may be another than the caller's. */
function checkArgument({ name }: Kind, text: string): string {
  if (!text.includes("\uFFFD")) return text;
  throw usageError(
    `the ${name} has the character U+FFFD, which stands for bytes that are not UTF-8`,
    `if it is meant, give the ${name} on stdin with -`,
  );
}

async function readAll({ name }: Kind, stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_GOAL_BYTES) {
      throw usageError(
        `the ${name} on stdin is over ${MAX_GOAL_BYTES} bytes, more than Codex takes`,
        "put the material into files and name them with --file",
      );
    }
    chunks.push(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw usageError(`the ${name} on stdin is not UTF-8 (${messageOf(error)})`, "convert it first");
  }
}
