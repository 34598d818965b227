import type { Io } from "../../cli/define.ts";
import { type RunView, readRun } from "../../run/read-run.ts";
import { printReceipt } from "../follow-run.ts";
import { oneLinePath } from "../render-receipt.ts";
import type { Target } from "./target.ts";
import type { Verb } from "./verb.ts";

/** The state of a run, true at this moment, or how it ended. */
export const show: Verb = {
  takes: "id",
  usage: "codex_runs show ID",
  options: [],
  examples: [["codex_runs show r-20261121-051103-k7qz --json", "the state of a run, true at this moment"]],
  async run(target, flags, io) {
    const view = await readRun(target.dir);
    if (view.state === "ended") {
      if (!flags.json) io.stdout.write(`run_id=${target.runId}\nstate=ended\n`);
      printReceipt(view.receipt, io, { json: flags.json ?? false, sessionShown: false, announced: [] });
      return 0;
    }
    io.stdout.write(
      flags.json ? `${JSON.stringify({ ...view.status, record: target.dir })}\n` : renderLive(view, target, io),
    );
    return 0;
  },
};

function renderLive(view: Exclude<RunView, { state: "ended" }>, target: Target, io: Io): string {
  const { status, request } = view;
  const seconds = Math.round((Date.now() - new Date(request.createdAt).getTime()) / 1000);
  return [
    `run_id=${target.runId}`,
    `state=${view.state}`,
    ...(status.threadId ? [`session_id=${status.threadId}`] : []),
    `broker_id=${request.brokerId}`,
    `role=${request.packet.role}`,
    `workspace=${oneLinePath(request.workspace)}`,
    `record=${oneLinePath(target.dir)}`,
    `elapsed=${seconds}s`,
    ...(status.question
      ? [
          "",
          `[QUESTION] ${status.question.question}`,
          ...status.question.options.map((option) => `- ${option}`),
          `answer: ${io.self("ask_codex")} --session ${target.runId} "…"`,
        ]
      : []),
    "",
  ].join("\n");
}
