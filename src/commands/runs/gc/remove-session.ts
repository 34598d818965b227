import { rmSync, unlinkSync } from "node:fs";
import { latestBroker, sessionDir, sessionPath } from "../../../broker/store/broker-record.ts";
import { ownKey } from "../../../broker/store/keys.ts";
import { AskCodexError, errorCode } from "../../../core/errors.ts";
import { isThere } from "../../../sys/files.ts";
import type { OverSession } from "./look-at-session.ts";
import { removeRecord } from "./remove-tree.ts";

/**
 * Removes a session, unless somebody has gone on with it meanwhile. Its key goes first: it must not stand for nothing.
 * False: it was gone already, another gc took it.
 */
export function removeSession({ ref, broker }: OverSession): boolean {
  const dir = sessionDir(ref);
  const [hasDir, hasRecord] = [isThere(dir), isThere(sessionPath(ref))];
  const number = latestNumberOf(ref);
  if (number !== broker?.number && number !== undefined)
    throw new AskCodexError("failed", `the session ${ref.brokerId} was resumed meanwhile`);
  const key = broker?.record.key ?? undefined;
  const keyFile = key === undefined ? undefined : ownKey(ref, key);
  if (keyFile !== undefined) rmSync(keyFile, { force: true });
  const tookDir = hasDir && removeRecord(dir);
  // Of two that remove a session one takes the last thing of it.
  return hasRecord ? removeFile(sessionPath(ref)) : tookDir;
}

/** False: it was gone already. */
function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Undefined also where another gc takes the folder at this moment. */
function latestNumberOf(ref: OverSession["ref"]): number | undefined {
  try {
    return latestBroker(ref)?.number;
  } catch (error) {
    if (!isThere(sessionDir(ref))) return undefined;
    throw error;
  }
}
