import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AskCodexError, EngineUnavailable, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import { exitCodeOf } from "../core/exit-table.ts";
import type { ChangedFile, Receipt, SessionRecord } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { RunRequest } from "../core/request.ts";
import type { Engine, Turn, TurnHooks, TurnRequest } from "../engine/engine.ts";
import { parseRawDiff } from "../policy/parse-diff.ts";
import { diffSnapshots, type Snapshot, snapshotWorkTree, type TreeStore } from "../policy/work-tree.ts";
import { hasStrays } from "../sys/stop-processes.ts";
import { writeAnswerFile } from "./answer-file.ts";
import { decideVerdict, type StopCause } from "./decide-verdict.ts";
import { emptyReceipt } from "./read-run.ts";
import { missingSandboxDirs, stopTurn } from "./stop-turn.ts";
import { initialTurnState, tokensOfRun } from "./turn-state.ts";
import { createTurnWatch, type TurnWatch } from "./turn-watch.ts";

/** Longest answer that a receipt carries; the answer file has all of it. */
const ANSWER_CAP = 200_000;

export interface RunContext {
  dir: string;
  request: RunRequest;
  session: SessionRecord | undefined;
  turnRequest: TurnRequest;
  engines: readonly Engine[];
  hooks: TurnHooks;
  env: NodeJS.ProcessEnv;
  /** Called when a question parks the turn, and when the turn goes on. */
  onParked: (question: { callId: string; question: string; options: string[] } | undefined) => void;
}

export interface ActiveRun {
  /** Ends the run for a reason of ours; the first one counts. */
  stop(cause: StopCause): void;
  /** Hands the caller's answer to the parked question. False when none waits. */
  answer(text: string): boolean;
  /** What can be said of a run that is parked: the receipt it would have now. */
  interim(): Receipt;
  /** Resolves with the receipt when the run is over and no process of it is left. Never rejects. */
  readonly done: Promise<Receipt>;
}

/** Carries one packet out: one turn, its limits, its end, its evidence. Writes nothing but the answer file. */
export function executeRun(context: RunContext): ActiveRun {
  const { request } = context;
  // Loaded now, though it is needed at the end: an update of the skill may replace the bundle while the run lives.
  if (request.schema !== undefined) void import("./check-schema.ts");
  let turn: Turn | undefined;
  const shorten = (path: string) =>
    path.startsWith(`${request.workspace}/`) ? path.slice(request.workspace.length + 1) : path;
  const watch = createTurnWatch(request.limits, initialTurnState(context.session?.tokens ?? undefined), Date.now());
  const onEvent = (told: RunEvent) => {
    const event =
      told.type === "edit"
        ? { ...told, files: told.files.map((file) => ({ ...file, path: shorten(file.path) })) }
        : told;
    const before = watch.state().question;
    watch.see(event, Date.now());
    context.hooks.onEvent(event);
    const { question } = watch.state();
    if (question !== before) context.onParked(question);
  };
  watch.onNotice((event) => context.hooks.onEvent(event));
  const done = carryOut(context, watch, onEvent, (started) => {
    turn = started;
  });
  return {
    stop: (cause) => watch.stop(cause),
    answer: (text) => {
      const { question } = watch.state();
      return question !== undefined && (turn?.answer(question.callId, text) ?? false);
    },
    interim: () => interimReceipt(context, watch),
    done,
  };
}

async function carryOut(
  context: RunContext,
  watch: TurnWatch,
  onEvent: (event: RunEvent) => void,
  onTurn: (turn: Turn) => void,
): Promise<Receipt> {
  const { request } = context;
  const store: TreeStore = { workspace: request.workspace, dir: join(context.dir, "tree"), env: context.env };
  const removable = missingSandboxDirs(request.workspace);
  const before = takeSnapshot(context, store);
  const used: { turn: Turn | undefined; failure: AskCodexError | undefined; fallback: string | undefined } = {
    turn: undefined,
    failure: undefined,
    fallback: undefined,
  };
  try {
    const opened = await openTurn(context, { ...context.hooks, onEvent }, watch, (turn) => {
      used.turn = turn;
      onTurn(turn);
    });
    used.fallback = opened.fallback;
    await before;
    if (!watch.stopped()) await watch.unlessStopped(opened.turn.run());
  } catch (error) {
    used.failure =
      error instanceof AskCodexError ? error : new AskCodexError("failed", messageOf(error), { cause: error });
  } finally {
    watch.close();
  }
  const goingOn = watch.state().ended === undefined;
  const after = async () => changedFiles(store, await before);
  // Nothing but Codex itself lives after most turns, and Codex writes no more: then nobody need wait for its exit.
  const early = !goingOn && used.turn && !hasStrays(request.runId, used.turn.roots) ? after() : undefined;
  const processes = used.turn
    ? await stopTurn(used.turn, { runId: request.runId, workspace: request.workspace, goingOn, removable })
    : { killed: [], left: [], removed_dirs: [] };
  const changes = await (early ?? after());
  return settle(context, watch, { ...used, processes, changes });
}

/** Opens the thread with the first engine that can; another one is tried only while nothing was asked of a model. */
async function openTurn(
  context: RunContext,
  hooks: TurnHooks,
  watch: TurnWatch,
  onTurn: (turn: Turn) => void,
): Promise<{ turn: Turn; fallback: string | undefined }> {
  let fallback: string | undefined;
  for (const engine of context.engines) {
    const turn = engine.prepare(context.turnRequest, hooks);
    onTurn(turn);
    try {
      await watch.unlessStopped(turn.open());
      return { turn, fallback };
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error;
      await turn.close(1_000);
      fallback = `${engine.name} could not be used: ${error.message}`;
      hooks.onEvent({ type: "warning", message: fallback });
    }
  }
  throw new AskCodexError("fatal", `Codex can't be driven here (${fallback ?? "no engine"})`, {
    hint: "try `codex --version`; update it with `npm install -g @openai/codex`",
  });
}

function takeSnapshot(context: RunContext, store: TreeStore): Promise<Snapshot> {
  if (!context.request.git) return Promise.resolve({ failure: "the workspace is not in a git repository" });
  mkdirSync(store.dir, { recursive: true, mode: 0o700 });
  return snapshotWorkTree(store);
}

type Changes = { files: ChangedFile[] } | { failure: string };

async function changedFiles(store: TreeStore, before: Snapshot): Promise<Changes> {
  if ("failure" in before) return before;
  const after = await snapshotWorkTree(store);
  if ("failure" in after) return after;
  if (after.tree === before.tree) return { files: [] };
  const diff = await diffSnapshots(store, before.tree, after.tree);
  return diff.exitCode === 0
    ? { files: parseRawDiff(diff.stdout) }
    : { failure: `git diff-tree: exit ${diff.exitCode}` };
}

interface Outcome {
  turn: Turn | undefined;
  failure: AskCodexError | undefined;
  fallback: string | undefined;
  processes: Receipt["processes"];
  changes: Changes;
}

async function settle(context: RunContext, watch: TurnWatch, outcome: Outcome): Promise<Receipt> {
  const { request } = context;
  const state = watch.state();
  const schema =
    request.schema === undefined || state.ended?.status !== "completed"
      ? undefined
      : (await import("./check-schema.ts")).checkAnswer(request.schema, state.lastMessage);
  const decision = decideVerdict({ turn: state, stop: watch.stopped(), failure: outcome.failure, schema });
  const receipt = describe(context, watch, outcome.turn);
  const answer = redact(state.lastMessage);
  const question = decision.verdict === "question" ? { question: decision.question ?? answer, options: [] } : undefined;
  return {
    ...receipt,
    verdict: decision.verdict,
    exit_code: exitCodeOf(decision.verdict),
    reason: decision.reason,
    ...(decision.hint === undefined ? {} : { next: decision.hint }),
    ...(question === undefined ? {} : { question }),
    ...(schema === undefined
      ? {}
      : { verification: schema.ok ? "passed" : "failed", verification_detail: schema.detail }),
    engine: { ...receipt.engine, ...(outcome.fallback === undefined ? {} : { reason: outcome.fallback }) },
    answer: answer.slice(0, ANSWER_CAP),
    answer_truncated: answer.length > ANSWER_CAP,
    output_path: writeAnswer(context, answer || decision.reason),
    files_changed: "files" in outcome.changes ? outcome.changes.files : null,
    processes: outcome.processes,
    warnings: [
      ...receipt.warnings,
      ...("failure" in outcome.changes ? [`changes are not known: ${outcome.changes.failure}`] : []),
      ...outcome.processes.left.map((name) => `a process of the run would not end: ${name}`),
    ],
  };
}

/** What is true of a run at any time. */
function describe(context: RunContext, watch: TurnWatch, turn: Turn | undefined): Receipt {
  const { request, session } = context;
  const state = watch.state();
  return {
    ...emptyReceipt(context.dir, request, new Date()),
    session_id: state.threadId ?? request.threadId ?? null,
    engine: {
      name: turn?.engine ?? request.engine,
      requested: request.engine,
      ...(turn?.codexVersion === undefined ? {} : { codex_version: turn.codexVersion }),
    },
    model: state.model ?? request.model ?? session?.model ?? null,
    tokens: tokensOfRun(state),
    ...(state.usageLimit === undefined
      ? {}
      : {
          usage_limit: {
            used_percent: state.usageLimit.usedPercent,
            resets_at:
              state.usageLimit.resetsAt === null ? null : new Date(state.usageLimit.resetsAt * 1000).toISOString(),
          },
        }),
    counts: {
      turns: state.turns,
      commands: state.commands,
      failed_commands: state.failedCommands,
      edits: state.edits,
      messages: state.messages,
      retries: state.retries,
      questions: state.questions,
    },
    warnings: [...request.warnings, ...state.warnings],
  };
}

function interimReceipt(context: RunContext, watch: TurnWatch): Receipt {
  const { question } = watch.state();
  const asked = question ?? { question: "", options: [] };
  const text = [redact(asked.question), ...asked.options.map((option) => `- ${redact(option)}`)].join("\n");
  return {
    ...describe(context, watch, undefined),
    verdict: "question",
    exit_code: exitCodeOf("question"),
    reason: "Codex asks something and waits for the answer in the same turn",
    question: { question: redact(asked.question), options: asked.options.map(redact) },
    // The question is told as such; the file has it for whoever reads only that.
    answer: "",
    output_path: writeAnswer(context, text),
  };
}

function writeAnswer({ request, dir }: RunContext, text: string): string {
  if (request.output !== undefined) return request.output;
  return writeAnswerFile(request.workspace, request.runId, `${text}\n`) ?? join(dir, "result.md");
}
