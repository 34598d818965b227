import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AskCodexError, EngineUnavailable, messageOf } from "../core/errors.ts";
import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import type { Turn, TurnHooks } from "../engine/engine.ts";
import { parseRawDiff } from "../policy/parse-diff.ts";
import { diffSnapshots, type Snapshot, snapshotWorkTree, type TreeStore } from "../policy/work-tree.ts";
import { hasStrays } from "../sys/stop-processes.ts";
import type { StopCause } from "./decide-verdict.ts";
import type { Changes, RunContext } from "./run-context.ts";
import { interimReceipt, settleRun } from "./settle-run.ts";
import { missingSandboxDirs, stopTurn } from "./stop-turn.ts";
import { initialTurnState } from "./turn-state.ts";
import { createTurnWatch, type TurnWatch } from "./turn-watch.ts";

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
  // Whoever had to be killed may have written until then.
  const changes = await (early && processes.killed.length === 0 ? early : after());
  return settleRun(context, watch, { ...used, processes, changes });
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
