import { type BrokerEnd, BrokerRecord } from "../../core/session.ts";
import { toJson } from "../../run/create-record.ts";
import { closeLeftPower } from "../../run/open-power.ts";
import { mayStillStart } from "../../run/read-run.ts";
import { parseIfThere } from "../../run/record.ts";
import { sessionMarkers } from "../../sys/environment.ts";
import { attempt } from "../../sys/files.ts";
import { makeOnce } from "../../sys/lasting-files.ts";
import { currentOwner, isAlive, ownerOf } from "../../sys/owner.ts";
import { stillRoots, stopProcesses } from "../../sys/stop-processes.ts";
import {
  brokerPath,
  latestBroker,
  type NumberedBroker,
  type SessionRef,
  sessionDir,
  writeBroker,
} from "./broker-record.ts";

/**
 * The broker of a session as it truly is: one that is dead and did not say how it ended is made `lost`, here and now,
 * and what is left of its processes is ended.
 */
export async function trueBroker(ref: SessionRef, brokerPid?: number): Promise<NumberedBroker | undefined> {
  const isTrue = (broker: NumberedBroker) => broker.record.ended !== null || isAtWork(ref, broker, brokerPid);
  const seen = latestBroker(ref);
  if (seen === undefined || isTrue(seen)) return seen;
  // It may have ended, or another one may have come, between the two looks.
  const again = latestBroker(ref) ?? seen;
  return isTrue(again) ? again : declareLost(ref, again);
}

/** Whether a broker has the session, or may still come up to have it. */
export function isAtWork(ref: SessionRef, { number, record }: NumberedBroker, brokerPid?: number): boolean {
  if (record.ended) return false;
  if (record.owner) return isAlive(record.owner);
  if (brokerPid !== undefined) return ownerOf(brokerPid) !== undefined;
  return mayStillStart(record.starter, brokerPath(ref, number));
}

/** Of several readers that find it dead one is believed, so that all of them tell the same end. */
async function declareLost(ref: SessionRef, { number, record }: NumberedBroker): Promise<NumberedBroker> {
  const path = brokerPath(ref, number).replace(/\.json$/, ".lost.json");
  const told = () => attempt(() => sameBroker(parseIfThere(path, BrokerRecord), record));
  let lost = told();
  if (lost === undefined) {
    const mine = { ...record, ended: await endOf(ref, number, record) };
    attempt(() => makeOnce(path, toJson(mine)));
    lost = told() ?? mine;
  }
  const ended = lost;
  attempt(() => writeBroker(ref, number, ended));
  return { number, record: ended };
}

/** A broker that came up after it was given up for dead is another one than the file tells of. */
const sameBroker = (told: BrokerRecord | undefined, record: BrokerRecord): BrokerRecord | undefined =>
  told?.ended && JSON.stringify(told.owner) === JSON.stringify(record.owner) ? told : undefined;

async function endOf(ref: SessionRef, number: number, record: BrokerRecord): Promise<BrokerEnd> {
  const thisBoot = (record.owner ?? record.starter).bootId === currentOwner().bootId;
  const swept = thisBoot ? await sweep(ref, record) : { killed: [], left: [] };
  const place = { id: ref.brokerId, dir: sessionDir(ref) };
  // The next broker, which somebody may have started meanwhile, has its temporary directory under the same name.
  const isLast = attempt(() => latestBroker(ref)?.number) === number;
  const removed = (isLast ? attempt(() => closeLeftPower(ref.home, place, record.workspace)) : undefined) ?? [];
  return {
    at: new Date().toISOString(),
    how: "lost",
    reason: reasonOf(record, thisBoot),
    processes: { ...swept, removed_dirs: removed },
  };
}

const sweep = (ref: SessionRef, record: BrokerRecord) =>
  stopProcesses({ markers: sessionMarkers(ref.brokerId), roots: stillRoots(record.codex_process) }, 1_000);

function reasonOf(record: BrokerRecord, thisBoot: boolean): string {
  if (!thisBoot) return "the machine was restarted while the broker was at work";
  return record.owner ? "the broker died" : "the broker never started";
}
