import type { PathKey } from "../trees/path-key.ts";

/** Tells a file apart from every other and from itself at another moment. */
export interface FileStamp {
  /** Device and inode. */
  identity: string;
  /** The identity with size, time of change and mode. */
  moment: string;
  links: number;
  /** null for a symbolic link, whose own say nothing. */
  permissions: number | null;
}

/** What is at a path now. */
export type Present =
  | { kind: "absent" }
  | { kind: "file"; mode: string; blob: string; stamp: FileStamp }
  /** With everything below it, links not followed. */
  | { kind: "directory"; files: PathKey[]; dirs: PathKey[] }
  | { kind: "other"; what: string };

export interface Seen {
  present: Present;
  /** The first part of the path that is something else than a directory; what lies behind it is not looked at. */
  behind: { path: PathKey; link: boolean } | null;
}

/** Everything that a plan depends on, looked at once. */
export interface Look {
  seen: ReadonlyMap<PathKey, Seen>;
  /** Blobs that no store has any more. */
  missing: ReadonlySet<string>;
  /** Whether the executable bit of a file says something here (core.fileMode). */
  modes: boolean;
  /** Directories that the tree from before the run does not have. */
  newDirs: ReadonlySet<PathKey>;
}
