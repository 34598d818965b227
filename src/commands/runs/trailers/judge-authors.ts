/** What one run of Codex did to a path: git blob ids; null: nothing is there, undefined: nobody kept what is. */
export interface Step {
  runId: string;
  before: string | null | undefined;
  after: string | null | undefined;
  /** The path differed from HEAD when the run began. */
  wasDirty: boolean;
}

/** A path that is about to be committed. */
export interface PendingFile {
  /** Each id that its content may have: as git stores it, and as it lies on the disk; null in it: it goes. Empty: nobody can say. */
  content: ReadonlySet<string | null>;
  /** What HEAD has there. */
  head: string | null;
}

/** Who wrote what is about to be committed of a path: the runs of Codex that did, and whether anybody else did. */
export interface Authors {
  runs: string[];
  other: boolean;
}

/**
 * Walks through what the runs of a session did to a path, in their order. What lies between two of them, before the
 * first one (uncommitted work that it found there) or behind the last one is somebody else's. Pure.
 */
export function judgeAuthors(steps: readonly Step[], { content, head }: PendingFile): Authors {
  let authors: Authors = { runs: [], other: false };
  let last: Step | undefined;
  for (const step of steps) {
    // What was there when it began is committed: that commit has its own authors.
    if (!step.wasDirty) authors = { runs: [], other: false };
    else if (last === undefined || !isSame(last.after, step.before)) authors = { ...authors, other: true };
    authors = { ...authors, runs: [...new Set([...authors.runs, step.runId])] };
    last = step;
  }
  if (last === undefined) return { runs: [], other: true };
  // What Codex left is in HEAD already, and what differs from that came later.
  if (isSame(last.after, head) && !content.has(head)) return { runs: [], other: true };
  const isCodexs = last.after !== undefined && content.has(last.after);
  return isCodexs ? authors : { ...authors, other: true };
}

const isSame = (one: string | null | undefined, two: string | null | undefined): boolean =>
  one !== undefined && one === two;
