import type { RunRequest } from "../../core/request.ts";
import { claimTask } from "../../run/task-claim.ts";

/** Takes the task of a run, if it has one; whoever comes second leaves nothing behind: `undo` takes away what was written. */
export function claimForRun(
  home: string,
  { workspace, packet, runId, brokerId }: RunRequest,
  after: number | undefined,
  undo: () => void,
): void {
  if (packet.taskId === undefined) return;
  try {
    const claim = { version: 1 as const, task_id: packet.taskId, run_id: runId, broker_id: brokerId };
    claimTask(home, workspace, claim, after ?? 0);
  } catch (error) {
    undo();
    throw error;
  }
}
