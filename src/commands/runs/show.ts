import type { Io } from "../../cli/define.ts";
import { type RunView, readRun } from "../../run/read-run.ts";
import { printReceipt } from "../follow-run.ts";
import { oneLinePath } from "../render-receipt.ts";
import { attributionLines, keysOf, liveLines } from "./show/attribution.ts";
import type { Target } from "./target.ts";
import type { Verb } from "./verb.ts";

/** The state of a run, true at this moment, or how it ended; and who wrote what is about to be committed. */
export const show: Verb = {
  takes: "id",
  usage: "codex_runs show ID [--trailers]",
  options: ["trailers"],
  examples: [
    ["codex_runs show r-20261121-051103-k7qz --json", "the state of a run, true at this moment"],
    ["codex_runs show r-20261121-051103-k7qz --trailers", "what the commit message says of who wrote it"],
  ],
  async run(target, flags, io) {
    if (flags.trailers) return (await import("./trailers.ts")).printTrailers(target, flags.json ?? false, io);
    const view = await readRun(target.dir);
    if (view.state === "ended") {
      const keys = keysOf(target);
      if (flags.json) io.stdout.write(`${JSON.stringify({ ...view.receipt, ...keys })}\n`);
      else {
        const lines = [`run_id=${target.runId}`, "state=ended", ...attributionLines(view.receipt, keys)];
        io.stdout.write(`${lines.join("\n")}\n`);
        printReceipt(view.receipt, io, { json: false, sessionShown: false, announced: [] });
      }
      return 0;
    }
    io.stdout.write(flags.json ? `${JSON.stringify(liveObject(view, target))}\n` : renderLive(view, target, io));
    return 0;
  },
};

type LiveView = Exclude<RunView, { state: "ended" }>;

const liveObject = ({ status, request }: LiveView, target: Target) => ({
  ...status,
  record: target.dir,
  model: request.model ?? null,
  reasoning: request.reasoning ?? null,
  ...(request.quota ? { quota: request.quota } : {}),
  ...keysOf(target, request),
});

function renderLive(view: LiveView, target: Target, io: Io): string {
  const { status, request } = view;
  const seconds = Math.round((Date.now() - new Date(request.createdAt).getTime()) / 1000);
  return [
    `run_id=${target.runId}`,
    `state=${view.state}`,
    ...(status.threadId ? [`session_id=${status.threadId}`] : []),
    `broker_id=${request.brokerId}`,
    `role=${request.packet.role}`,
    ...liveLines(request, status, keysOf(target, request)),
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
