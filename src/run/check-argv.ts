import { systemTool } from "../core/system-tool.ts";

/** Nothing of the command's; it is taken out of the output again. */
const STARTED = "ask-codex: the check begins";

const CHECK_VARIABLE = "ASK_CODEX_CHECK";

/**
 * What a check needs in its environment. On Windows that is the command itself: on a command line, what stands in quotes
 * would be escaped for C programs on its way through Codex, and cmd reads it otherwise. Cmd puts a variable's text in
 * before it looks for words, so the command is read as if it had been typed.
 */
export const checkVariables = (command: string, platform: NodeJS.Platform): Record<string, string> =>
  platform === "win32" ? { [CHECK_VARIABLE]: command } : {};

/**
 * The argv of a check: a line of ours first, because only what was started can print it. A sandbox that could not be
 * made exits with 1 or 101 like any failing test does, and says why in words that change with every release
 * (`bwrap: …`, `Error: …`, a panic). With both outputs on one pipe they come in the order in which they were written,
 * and stderr has the sandbox's own words alone.
 */
export function checkArgv(command: string, platform: NodeJS.Platform): string[] {
  if (platform === "win32")
    return [systemTool("cmd.exe"), "/d", "/v:off", "/s", "/c", `echo ${STARTED}& %${CHECK_VARIABLE}%`];
  return ["/bin/sh", "-c", `echo '${STARTED}'; exec /bin/sh -c -- "$1" 2>&1`, "sh", command];
}

/** Finds our line in a stream, and takes it and what stands before it off. */
export interface StartWatch {
  /** Whether the command was started. */
  started(): boolean;
  /** What was said without it: by a sandbox that could not start. */
  said(): string;
  /** What of a chunk is the command's output. */
  pass(chunk: Buffer): Buffer;
}

/** Longer than any sandbox talks before it starts something. */
const HEAD_BYTES = 16 * 1024;
const LINE = new RegExp(`(?:^|\\n)${STARTED}\\r?\\n`);

export function createStartWatch(): StartWatch {
  let head = Buffer.alloc(0);
  let started = false;
  return {
    started: () => started,
    said: () => head.toString("utf8"),
    pass(chunk) {
      if (started || head.length > HEAD_BYTES) return chunk;
      head = Buffer.concat([head, chunk]);
      // One byte is one character here, so that places in the text are places in the bytes.
      const line = LINE.exec(head.toString("latin1"));
      if (line === null) return head.length > HEAD_BYTES ? head : Buffer.alloc(0);
      started = true;
      return head.subarray(line.index + line[0].length);
    },
  };
}
