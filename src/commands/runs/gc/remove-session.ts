import { rmSync } from "node:fs";
import { latestBroker, sessionDir, sessionPath } from "../../../broker/store/broker-record.ts";
import { ownKey } from "../../../broker/store/keys.ts";
import { AskCodexError } from "../../../core/errors.ts";
import { isThere } from "../../../sys/files.ts";
import type { OverSession } from "./look-at-session.ts";
import { removeRecord } from "./remove-tree.ts";

/** Removes a session, unless somebody has gone on with it meanwhile. Its key goes first: it must not stand for nothing. */
export function removeSession({ ref, broker }: OverSession): void {
  if (latestBroker(ref)?.number !== broker?.number)
    throw new AskCodexError("failed", `the session ${ref.brokerId} was resumed meanwhile`);
  const key = broker?.record.key ?? undefined;
  const keyFile = key === undefined ? undefined : ownKey(ref, key);
  if (keyFile !== undefined) rmSync(keyFile, { force: true });
  if (isThere(sessionDir(ref))) removeRecord(sessionDir(ref));
  rmSync(sessionPath(ref), { force: true });
}
