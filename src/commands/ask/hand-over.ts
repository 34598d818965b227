import type { SendResult } from "../../broker/protocol.ts";
import { sessionRef } from "../../broker/store/broker-record.ts";
import type { Io } from "../../cli/define.ts";
import type { RunRequest } from "../../core/request.ts";
import { runDir } from "../../sys/paths.ts";
import { deliver } from "../broker/deliver.ts";
import { toMessage } from "../broker/plan-message.ts";
import { followRun } from "../follow-run.ts";
import type { Loudness } from "../progress.ts";
import { claimForRun } from "./claim-for-run.ts";
import { tellRun } from "./start-in-background.ts";

export interface HandOver {
  home: string;
  request: RunRequest;
  /** Number of the task's last run, where a task was named. */
  after: number | undefined;
  /** Says the run's id and what is warned of. */
  announce: () => void;
}

/** Gives a planned run to the broker of its session, which is live and has nothing to do, and follows it as its own. */
export function handOver(
  handing: HandOver & { announced: readonly string[]; output: { json: boolean; loudness: Loudness } },
  io: Io,
): Promise<number> {
  const { request, announced, output } = handing;
  const launch = async () => {
    const sent = await give(handing);
    if (sent.delivery === "queued" && output.loudness !== "quiet")
      io.stderr.write(`warning: ${sent.note ?? "another message was first; this run begins behind it"}\n`);
    return undefined;
  };
  return followRun(
    { runId: request.runId, dir: dirOf(handing), line: request, launch, announced, ownsRun: true, ...output },
    io,
  );
}

/** The same, and leaves the run to the broker. A message that waits has no record yet that could be waited for. */
export async function handOverAndLeave(handing: HandOver, json: boolean, io: Io): Promise<number> {
  const { request } = handing;
  const isBehind = (await give(handing)).delivery === "queued";
  const status = isBehind || request.background?.notBefore ? "queued" : "running";
  const next = isBehind ? { next: `${io.self("codex_broker")} wait ${request.brokerId}` } : {};
  tellRun({ request, dir: dirOf(handing), status, isNew: true, ...next }, json, io);
  return 0;
}

function give({ home, request, after, announce }: HandOver): Promise<SendResult> {
  claimForRun(home, request, after, () => {});
  announce();
  return deliver(sessionRef(home, request.workspace, request.brokerId), toMessage(request, "queue", undefined));
}

const dirOf = ({ home, request }: HandOver): string => runDir(home, request.workspace, request.runId);
