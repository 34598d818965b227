import { join } from "node:path";
import { BrokerRecord } from "../core/session.ts";
import { isAlive } from "../sys/owner.ts";
import { latestNumber } from "./numbered-file.ts";
import { parseIfThere } from "./record.ts";

/**
 * Whether a broker has the session in this folder now. Its Codex carries the same marks as that of a broker before it,
 * so whoever finds a run of an earlier one dead must leave alone what belongs to the session.
 */
export function isHeld(sessionDir: string): boolean {
  const brokers = join(sessionDir, "brokers");
  try {
    const record = parseIfThere(join(brokers, `${latestNumber(brokers)}.json`), BrokerRecord);
    return record !== undefined && record.ended === null && isAlive(record.owner ?? record.starter);
  } catch {
    // Of a later version, perhaps: nothing is ended that may be somebody's.
    return true;
  }
}
