import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AskCodexError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import { Owner } from "../../core/request.ts";
import { UndoRecord, type UndoRound } from "../../core/undo.ts";
import { toJson } from "../../run/create-record.ts";
import { parseFile } from "../../run/record.ts";
import { attempt, isThere, readIfThere, writeNew, writeWhole } from "../../sys/files.ts";
import { currentOwner, isAlive } from "../../sys/owner.ts";

const NAME = "undo.json";
const LOCK = "undo.lock";

/** The rounds so far; a file that is not ours is named and left alone. */
export function readUndoRecord(dir: string, runId: string): UndoRecord {
  const path = join(dir, NAME);
  return existsSync(path) ? parseFile(path, UndoRecord) : { version: 1, run_id: runId, rounds: [] };
}

export const addUndoRound = (dir: string, before: UndoRecord, round: UndoRound): void =>
  writeWhole(join(dir, NAME), redact(toJson({ ...before, rounds: [...before.rounds, round] })));

/** Whether somebody takes the run back right now; a lock whose owner is dead is none. */
export function isUndoing(dir: string): boolean {
  const text = readIfThere(join(dir, LOCK));
  if (text === undefined) return false;
  const owner = attempt(() => Owner.parse(JSON.parse(text)));
  return owner !== undefined && isAlive(owner);
}

/** One undo of a run at a time: two would take each other's files for somebody's. */
export async function withUndoLock<T>(dir: string, act: () => Promise<T>): Promise<T> {
  const path = join(dir, LOCK);
  if (isThere(path)) {
    if (isUndoing(dir))
      throw new AskCodexError("refused", "another undo of this run is at work", { hint: "wait until it is done" });
    rmSync(path, { force: true });
  }
  writeNew(path, toJson(currentOwner()));
  try {
    return await act();
  } finally {
    rmSync(path, { force: true });
  }
}
