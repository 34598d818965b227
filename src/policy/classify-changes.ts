import { join, sep } from "node:path";
import type { AuditChange, Power } from "../core/policy.ts";
import { closedFolders } from "./permission-profile.ts";
import { scopeMatcher } from "./scope.ts";

export interface ClassifyInput {
  power: Power;
  workspace: string;
  /** Real paths of the directories that the kernel let the run write. */
  grants: readonly string[];
  /** Names in the workspace that the kernel kept closed because they were there when the run began. */
  kernelClosed: readonly string[];
  /** Codex had a sandbox mode instead of a profile: then all of the workspace was open. */
  degraded: boolean;
  /** Nobody knows what the kernel refuses here: then all that changed counts as the run's. */
  unproven?: boolean;
  volatile: readonly string[];
}

export interface Classified {
  /** By the run, and allowed. */
  changed: AuditChange[];
  /** By the run, and not allowed. */
  outOfScope: AuditChange[];
  /** The kernel would have refused them to the run: somebody else's. */
  concurrent: AuditChange[];
  leftOut: number;
}

/** Folders that Codex's sandbox keeps closed in the workspace whatever it is told (CODEX.md 4). */
const CODEX_CLOSED = [".git", ".codex", ".agents"];

/** Whose each change is, and whether it was allowed. Pure: what is on the disk by now plays no part. */
export function classifyChanges(changes: readonly AuditChange[], input: ClassifyInput): Classified {
  const isVolatile = scopeMatcher(input.volatile);
  const judgement = judgeOf(input);
  const judge = (path: string) => (isVolatile(path) ? "volatile" : judgement(path));
  const classified: Classified = { changed: [], outOfScope: [], concurrent: [], leftOut: 0 };
  for (const change of changes.flatMap((one) => apart(one, judge))) {
    const found = judge(change.path);
    if (found === "volatile") classified.leftOut++;
    else classified[found].push(change);
  }
  return classified;
}

type Judgement = "changed" | "outOfScope" | "concurrent";

function judgeOf(input: ClassifyInput): (path: string) => Judgement {
  const { power, workspace, degraded } = input;
  const mayWrite = allowedBy(input);
  const closed = degraded ? CODEX_CLOSED : [...CODEX_CLOSED, ...input.kernelClosed];
  const isClosed = scopeMatcher(closed);
  const open = (path: string) =>
    input.grants.some((grant) => join(workspace, path).startsWith(grant.endsWith(sep) ? grant : grant + sep));
  const kernelLets = (path: string): boolean => {
    if (power.write === "everything" || input.unproven === true) return true;
    if (isClosed(path)) return false;
    return (degraded && power.write !== "none") || open(path);
  };
  return (path) => (kernelLets(path) ? (mayWrite(path) ? "changed" : "outOfScope") : "concurrent");
}

function allowedBy({ power, workspace }: ClassifyInput): (path: string) => boolean {
  const guarded = scopeMatcher(closedFolders(power));
  const inScope = scopeMatcher(power.scope);
  const inWritable = (path: string) =>
    power.writable.some((dir) => `${join(workspace, path)}${sep}`.startsWith(dir + sep));
  return (path) => {
    if (inWritable(path)) return true;
    switch (power.write) {
      case "none":
        return false;
      case "scope":
        return inScope(path) && !guarded(path);
      case "workspace":
        return !guarded(path);
      case "everything":
        return power.scope.length === 0 || inScope(path);
    }
  };
}

/** A rename over a border is two changes, each judged for itself. */
function apart(change: AuditChange, judge: (path: string) => Judgement | "volatile"): AuditChange[] {
  const { from, from_base64: fromBytes, ...rest } = change;
  if (from === undefined || judge(from) === judge(change.path)) return [change];
  const { path_base64: _, ...gone } = rest;
  return [
    {
      ...gone,
      path: from,
      ...(fromBytes === undefined ? {} : { path_base64: fromBytes }),
      change: "deleted",
      mode_after: null,
      blob_after: null,
    },
    { ...rest, change: "created", mode_before: null, blob_before: null },
  ];
}
