import { sessionRef } from "../../broker/store/broker-record.ts";
import type { Io } from "../../cli/define.ts";
import type { RunRequest } from "../../core/request.ts";
import { runDir } from "../../sys/paths.ts";
import { deliver } from "../broker/deliver.ts";
import { toMessage } from "../broker/plan-message.ts";
import { followRun } from "../follow-run.ts";
import type { Loudness } from "../progress.ts";
import { claimForRun } from "./claim-for-run.ts";

export interface HandOver {
  home: string;
  request: RunRequest;
  /** Number of the task's last run, where a task was named. */
  after: number | undefined;
  /** Says the run's id and what is warned of. */
  announce: () => void;
  announced: readonly string[];
  output: { json: boolean; loudness: Loudness };
}

/** Gives a planned run to the broker of its session, which is live and has nothing to do, and follows it as its own. */
export function handOver({ home, request, after, announce, announced, output }: HandOver, io: Io): Promise<number> {
  const { workspace, brokerId, runId } = request;
  const launch = async () => {
    claimForRun(home, request, after, () => {});
    announce();
    const sent = await deliver(sessionRef(home, workspace, brokerId), toMessage(request, "queue", undefined));
    if (sent.delivery === "queued" && output.loudness !== "quiet")
      io.stderr.write(`warning: ${sent.note ?? "another message was first; this run begins behind it"}\n`);
    return undefined;
  };
  const dir = runDir(home, workspace, runId);
  return followRun({ runId, dir, line: request, launch, announced, ownsRun: true, ...output }, io);
}
