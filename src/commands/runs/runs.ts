import * as z from "zod";
import { attach } from "../../broker/client.ts";
import { COMMON_FLAGS, defineCommand, type Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { type RunView, readRun } from "../../run/read-run.ts";
import { findRunDir } from "../../run/record.ts";
import { findSession } from "../../run/session-record.ts";
import { stateHome } from "../../sys/paths.ts";
import { followRun, printReceipt } from "../follow-run.ts";
import { oneLinePath } from "../render-receipt.ts";

const FLAGS = z.strictObject({
  timeout: z
    .string()
    .regex(/^\d+(\.\d+)?$/, "must be a number of seconds")
    .transform(Number)
    .optional()
    .meta({ value: "S", help: "wait: give up after S seconds with exit 75; the run goes on" }),
  quiet: z.boolean().optional().meta({ help: "wait: no progress on stderr" }),
  verbose: z.boolean().optional().meta({ help: "wait: every event on stderr" }),
  ...COMMON_FLAGS,
});
type Flags = z.infer<typeof FLAGS>;

interface Target {
  runId: string;
  dir: string;
}

const VERBS: Record<string, (target: Target, flags: Flags, io: Io) => Promise<number>> = { show, wait, cancel };

/** Looks at runs, waits for them and stops them, from any directory. */
export const runs = defineCommand({
  name: "codex_runs",
  summary: "Shows a run, waits for its end, or stops it. ID is a run, session or broker id.",
  usage: ["codex_runs show ID", "codex_runs wait ID [--timeout S]", "codex_runs cancel ID"],
  flags: FLAGS,
  examples: [
    [
      "codex_runs wait r-20261121-051103-k7qz",
      "pick up the result of a run whose client is gone; exits with the run's code",
    ],
    ["codex_runs show r-20261121-051103-k7qz --json", "the state of a run, true at this moment"],
    ["codex_runs cancel r-20261121-051103-k7qz", "stop it; returns when no process of it is left"],
  ],
  async run({ flags, positionals }, io) {
    const [word, id, ...more] = positionals;
    const verb = word !== undefined && Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
    if (!verb)
      throw usageError(
        word === undefined ? "there is no verb" : `there is no verb ${word}`,
        `verbs: ${Object.keys(VERBS).join(", ")}`,
      );
    if (id === undefined || more.length > 0)
      throw usageError(`codex_runs ${word} takes one id`, `codex_runs ${word} r-20261121-051103-k7qz`);
    const unused =
      word === "wait" ? [] : (["timeout", "quiet", "verbose"] as const).filter((name) => flags[name] !== undefined);
    if (unused.length > 0) throw usageError(`--${unused[0]} is for codex_runs wait`, "leave it out");
    return verb(findTarget(stateHome(io.env), id), flags, io);
  },
});

function findTarget(home: string, id: string): Target {
  const runId = findRunDir(home, id) ? id : findSession(home, id)?.runs.at(-1);
  const dir = runId === undefined ? undefined : findRunDir(home, runId);
  if (runId === undefined || dir === undefined)
    throw usageError(`there is no run, session or broker ${id} in ${home}`, "the ids are in the output of the run");
  return { runId, dir };
}

async function show(target: Target, flags: Flags, io: Io): Promise<number> {
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
}

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

async function wait(target: Target, flags: Flags, io: Io): Promise<number> {
  const view = await readRun(target.dir);
  if (!flags.json) io.stdout.write(`run_id=${target.runId}\n`);
  if (view.state === "ended")
    return printReceipt(view.receipt, io, { json: flags.json ?? false, sessionShown: false, announced: [] });
  return followRun(
    {
      ...target,
      socket: view.request.socket,
      ownsRun: false,
      json: flags.json ?? false,
      loudness: flags.quiet ? "quiet" : flags.verbose ? "verbose" : "normal",
      ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout * 1000 }),
    },
    io,
  );
}

/** Ends with 0 when the run is over, whoever ended it; the receipt says how. */
async function cancel(target: Target, flags: Flags, io: Io): Promise<number> {
  const before = await readRun(target.dir);
  if (before.state !== "ended") {
    const line = await attach({ dir: target.dir, socket: before.request.socket, onEvent() {} });
    if (!("ended" in line)) {
      await line.cancel("codex_runs cancel");
      line.detach();
    }
  }
  // The broker answers when all is done; the receipt is on the disk a moment later at the most.
  let after = await readRun(target.dir);
  for (let tries = 0; after.state !== "ended" && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    after = await readRun(target.dir);
  }
  if (!flags.json) io.stdout.write(`run_id=${target.runId}\n`);
  if (after.state === "ended")
    printReceipt(after.receipt, io, { json: flags.json ?? false, sessionShown: false, announced: [] });
  return after.state === "ended" ? 0 : 1;
}
