/** Nothing of the command's; it is taken out of the output again. */
const STARTED = "ask-codex: the check begins";

/**
 * The argv of a check: a line of ours first, because only what was started can print it. A sandbox that could not be
 * made exits with 1 or 101 like any failing test does, and says why in words that change with every release
 * (`bwrap: …`, `Error: …`, a panic). With both outputs on one pipe they come in the order in which they were written,
 * and stderr has the sandbox's own words alone.
 */
export function checkArgv(command: string, windows: boolean): string[] {
  if (windows) return ["cmd", "/d", "/s", "/c", `echo ${STARTED}& ${command}`];
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
