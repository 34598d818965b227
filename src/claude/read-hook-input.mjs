// What Claude Code writes to the stdin of a hook (measured with 2.1.329): one JSON object and a line end.
import { createHash } from "node:crypto";

/** A pasted log may be in a prompt; what is longer is nobody's prompt. */
export const MOST_INPUT_BYTES = 4 * 1024 * 1024;
/** Claude Code writes at once; a stdin that stays open and silent is not its own. */
const SILENT_MS = 1_000;

/**
 * All of stdin, or undefined where it is a terminal, longer than `MOST_INPUT_BYTES`, or stays open. It is read to its end
 * all the same: whoever writes must not meet a closed pipe.
 * @param {NodeJS.ReadStream} stdin
 * @returns {Promise<string | undefined>}
 */
export function readHookInput(stdin) {
  if (stdin.isTTY) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const pieces = [];
    let bytes = 0;
    const end = (/** @type {string | undefined} */ text) => {
      clearTimeout(timer);
      stdin.pause();
      resolve(text);
    };
    const timer = setTimeout(end, SILENT_MS, undefined);
    stdin.on("error", () => end(undefined));
    stdin.on("end", () => end(bytes > MOST_INPUT_BYTES ? undefined : Buffer.concat(pieces).toString("utf8")));
    stdin.on("data", (piece) => {
      timer.refresh();
      bytes += piece.length;
      if (bytes <= MOST_INPUT_BYTES) pieces.push(Buffer.from(piece));
    });
  });
}

/**
 * What the hooks need of the input; undefined where it is not Claude Code's. `call` is the same for two hooks that were
 * called for one and the same event, and never holds what the user wrote.
 * @param {string | undefined} text
 * @returns {{ session: string, turn: string | null, dir: string | null, again: boolean, call: string } | undefined}
 */
export function parseHookInput(text) {
  if (text === undefined) return undefined;
  /** @type {unknown} */
  let input;
  try {
    input = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof input !== "object" || input === null) return undefined;
  const said = new Map(Object.entries(input));
  const words = (/** @type {string} */ key) => {
    const value = said.get(key);
    return typeof value === "string" && value !== "" && value.length <= 4_096 ? value : null;
  };
  const session = words("session_id");
  if (session === null) return undefined;
  return {
    session,
    turn: words("prompt_id"),
    dir: words("cwd"),
    again: said.get("stop_hook_active") === true,
    call: createHash("sha256").update(text).digest("hex").slice(0, 16),
  };
}
