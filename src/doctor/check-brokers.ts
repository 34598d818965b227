import { existsSync } from "node:fs";
import { join } from "node:path";
import { latestBroker } from "../broker/store/broker-record.ts";
import { listSessionRefs, workspaceKeyDirs } from "../broker/store/list-sessions.ts";
import { isAtWork } from "../broker/store/true-broker.ts";
import { isRunId } from "../core/ids.ts";
import type { Owner } from "../core/request.ts";
import { listDir, readStatus } from "../run/record.ts";
import { attempt } from "../sys/files.ts";
import { isAlive } from "../sys/owner.ts";
import { type Check, finding, ok } from "./check.ts";
import { residentMiB } from "./read-memory.ts";

/** Ten times what a session holds at rest, with its Codex. */
const MUCH_MIB = 2_000;
const NAMED = 3;

/** The brokers that live, of sessions and of runs, and how much memory they and their Codex hold. */
export const checkBrokers: Check = {
  id: "brokers",
  title: "Brokers",
  run({ home, self }) {
    const { live, dead } = sessionBrokers(home());
    const own = runBrokers(home()).filter(({ pid }) => !live.some((one) => one.pids.includes(pid)));
    const all = [...live, ...own.map(({ pid, id, codex }) => ({ id, pids: [pid, ...codex] }))];
    const sizes = all.map(({ id, pids }) => ({ id, mib: pids.reduce((sum, pid) => sum + (residentMiB(pid) ?? 0), 0) }));
    const total = Math.round(sizes.reduce((sum, { mib }) => sum + mib, 0));
    if (dead.length > 0)
      return finding(
        "warn",
        `${dead.length === 1 ? "a session's broker" : `the brokers of ${dead.length} sessions`} died and did not say so (${dead.slice(0, NAMED).join(", ")})`,
        `${self("codex_broker")} list --all`,
      );
    if (all.length === 0) return ok("none lives");
    const said = `${all.length} ${all.length === 1 ? "lives" : "live"}, ${total} MB in all (${sizes
      .slice(0, NAMED)
      .map(({ id, mib }) => `${id} ${Math.round(mib)} MB`)
      .join(", ")}${all.length > NAMED ? ", …" : ""})`;
    return total > MUCH_MIB ? finding("warn", said, `${self("codex_broker")} list --all`) : ok(said);
  },
};

function sessionBrokers(home: string): { live: { id: string; pids: number[] }[]; dead: string[] } {
  const live: { id: string; pids: number[] }[] = [];
  const dead: string[] = [];
  for (const ref of listSessionRefs(home)) {
    const broker = attempt(() => latestBroker(ref));
    if (broker === undefined || broker.record.ended) continue;
    const { owner, codex_process: codex } = broker.record;
    if (isAtWork(ref, broker)) live.push({ id: ref.brokerId, pids: [owner, codex].flatMap((one) => pidOf(one)) });
    else dead.push(ref.brokerId);
  }
  return { live, dead };
}

/** The brokers of runs that go on. */
const runBrokers = (home: string): { id: string; pid: number; codex: number[] }[] =>
  workspaceKeyDirs(home).flatMap((key) =>
    listDir(join(key, "runs"))
      .filter((id) => isRunId(id) && !existsSync(join(key, "runs", id, "result.json")))
      .flatMap((id) => {
        const status = attempt(() => readStatus(join(key, "runs", id)));
        const [pid] = pidOf(status?.owner);
        return pid === undefined ? [] : [{ id, pid, codex: pidOf(status?.codex) }];
      }),
  );

const pidOf = (process: Owner | null | undefined): number[] => (process && isAlive(process) ? [process.pid] : []);
