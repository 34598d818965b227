import type { AuditChange, PolicyRecord } from "../../core/policy.ts";
import { type PathKey, textOf } from "../trees/path-key.ts";
import { aboveOf } from "./change-paths.ts";
import type { FileStamp, Look, Present, Seen } from "./look.ts";
import { changesToUndo, type FileState, type Side, sidesOf } from "./sides.ts";

/** A change that is left as it is, and why. */
export interface Left {
  change: AuditChange;
  reason: string;
}

/** What undo does, in the order of its four lists of steps, and what it leaves alone. */
export interface UndoPlan {
  restore: AuditChange[];
  /** As before the run, whoever saw to it. */
  already: AuditChange[];
  /** Somebody touched them since the run. */
  conflicts: Left[];
  /** Nobody has their contents. */
  unkept: Left[];
  removals: { path: PathKey; stamp: FileStamp }[];
  /** Directories where a file is to be again: they go as soon as they are empty, deepest first. */
  makeRoom: PathKey[];
  writes: { path: PathKey; state: FileState; over: FileStamp | null }[];
  /** Directories that the run made: they go if they are empty in the end, deepest first. */
  tidy: PathKey[];
}

interface Judged {
  change: AuditChange;
  sides: { side: Side; seen: Seen; already: boolean; needs: readonly PathKey[] }[];
}

/** Decides for each change of the run whether it can be taken back. A rename goes back as a whole or not at all. Pure. */
export function planUndo(record: PolicyRecord, look: Look, options: { outOfScope: boolean }): UndoPlan {
  const plan = emptyPlan();
  const judged = changesToUndo(record, options.outOfScope).flatMap((change) => judge(change, look, plan));
  recheckTwins(judged);
  const going = settle(judged, plan);
  for (const { change, sides } of going) {
    (sides.every((one) => one.already) ? plan.already : plan.restore).push(change);
    for (const { side, seen, already } of sides) {
      if (side.before === null) plan.tidy.push(...aboveOf(side.path).filter((dir) => look.newDirs.has(dir)));
      if (!already) addStep(plan, side, seen.present);
    }
  }
  plan.makeRoom = deepestFirst(plan.makeRoom);
  plan.tidy = deepestFirst(plan.tidy);
  return plan;
}

const emptyPlan = (): UndoPlan => ({
  restore: [],
  already: [],
  conflicts: [],
  unkept: [],
  removals: [],
  makeRoom: [],
  writes: [],
  tidy: [],
});

function judge(change: AuditChange, look: Look, plan: UndoPlan): Judged[] {
  const sides = sidesOf(change);
  if (typeof sides === "string") {
    plan.unkept.push({ change, reason: sides });
    return [];
  }
  const judged: Judged = { change, sides: [] };
  for (const side of sides) {
    const seen = look.seen.get(side.path) ?? { present: { kind: "absent" }, behind: null };
    const verdict = judgeSide(side, seen, look.modes);
    if (typeof verdict === "string") {
      plan.conflicts.push({ change, reason: verdict });
      return [];
    }
    judged.sides.push({ side, seen, ...verdict });
  }
  const lost = judged.sides.some((one) => !one.already && one.side.before && look.missing.has(one.side.before.blob));
  if (lost) plan.unkept.push({ change, reason: "its contents from before the run are in no store any more" });
  return lost ? [] : [judged];
}

/** A conflict in words; or whether all is as before, and else which files must have gone first. */
function judgeSide(
  side: Side,
  { present, behind }: Seen,
  modes: boolean,
): string | Pick<Judged["sides"][number], "already" | "needs"> {
  const blocked = behind && `${textOf(behind.path)} is ${behind.link ? "a symbolic link" : "a file"} now`;
  if (behind?.link && side.after !== null) return `${blocked}, and undo follows none`;
  if (fits(side.before, present, modes)) return { already: true, needs: [] };
  if (side.after === null) {
    if (present.kind === "directory") return { already: false, needs: present.files };
    if (behind) return { already: false, needs: [behind.path] };
  }
  if (fits(side.after, present, modes)) return { already: false, needs: [] };
  if (blocked) return blocked;
  switch (present.kind) {
    case "absent":
      return "it is gone since the run";
    case "directory":
      return "a directory is in its place now";
    case "other":
      return present.what;
    case "file":
      return side.after === null ? "there is a file again since the run" : "somebody changed it since the run";
  }
}

/** A directory is no file: what was nothing before is nothing then, too. */
function fits(state: FileState | null, present: Present, modes: boolean): boolean {
  if (state === null) return present.kind === "absent" || present.kind === "directory";
  const kindOf = (mode: string) => (modes ? mode : mode.slice(0, 3));
  return present.kind === "file" && kindOf(present.mode) === kindOf(state.mode) && present.blob === state.blob;
}

/** Where the file system takes two names for one (A and a), the file that is to go is the very one that looks restored. */
function recheckTwins(judged: readonly Judged[]): void {
  const all = judged.flatMap((one) => one.sides);
  const going = new Set(all.filter((one) => !one.already && one.side.before === null).map((one) => twinKey(one.seen)));
  going.delete(undefined);
  for (const one of all) {
    if (!one.already || one.side.before === null || !going.has(twinKey(one.seen))) continue;
    one.already = false;
    one.seen = { present: { kind: "absent" }, behind: null };
  }
}

const twinKey = ({ present }: Seen): string | undefined =>
  present.kind === "file" && present.stamp.links === 1 ? present.stamp.identity : undefined;

/** Leaves out what needs a file gone that stays; each that is left out may hold up others. */
function settle(judged: Judged[], plan: UndoPlan): Judged[] {
  for (let going = judged; ; ) {
    const sides = going.flatMap((one) => one.sides);
    const gone = new Set(sides.filter((one) => !one.already && one.side.before === null).map((one) => one.side.path));
    const stopper = (one: Judged) => one.sides.flatMap((side) => side.needs).find((path) => !gone.has(path));
    const next = going.filter((one) => stopper(one) === undefined);
    if (next.length === going.length) return going;
    for (const one of going) {
      const path = stopper(one);
      if (path !== undefined) plan.conflicts.push({ change: one.change, reason: `${textOf(path)} is in the way now` });
    }
    going = next;
  }
}

function addStep(plan: UndoPlan, { path, before }: Side, present: Present): void {
  if (before === null) {
    if (present.kind === "file") plan.removals.push({ path, stamp: present.stamp });
    return;
  }
  if (present.kind === "directory") plan.makeRoom.push(path, ...present.dirs);
  plan.writes.push({ path, state: before, over: present.kind === "file" ? present.stamp : null });
}

const deepestFirst = (paths: readonly PathKey[]): PathKey[] =>
  [...new Set(paths)].sort((one, two) => two.split("/").length - one.split("/").length || (one < two ? -1 : 1));
