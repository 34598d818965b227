import type { RunEvent, Tokens, TurnError } from "../core/event.ts";

/** What is kept of a turn, however long its stream: counts, the last of everything, and nothing that grows. */
export interface TurnState {
  threadId: string | undefined;
  model: string | undefined;
  /** How hard the model thinks, in Codex's own word. */
  effort: string | undefined;
  turns: number;
  messages: number;
  /** The last whole message: the answer. */
  lastMessage: string;
  commands: number;
  failedCommands: number;
  /** How the last command ended, its beginning at most; a turn that ends in one that failed may have claimed too much. */
  lastCommand: { command: string; exitCode: number | null } | undefined;
  edits: number;
  retries: number;
  questions: number;
  /** Commands that run now; the idle clock stands still while there is one. */
  openCommands: ReadonlySet<string>;
  question: { callId: string; question: string; options: string[] } | undefined;
  usage: { before: Tokens | undefined; total: Tokens | undefined };
  usageLimit: { usedPercent: number | null; resetsAt: number | null } | undefined;
  lastError: TurnError | undefined;
  ended: { status: "completed" | "failed" | "interrupted"; error?: TurnError } | undefined;
  warnings: readonly string[];
}

const MAX_WARNINGS = 20;
const COMMAND_CHARS = 300;

/** `before` is what the thread had used when its last run ended; an engine that tells more exactly replaces it. */
export const initialTurnState = (before?: Tokens): TurnState => ({
  threadId: undefined,
  model: undefined,
  effort: undefined,
  turns: 0,
  messages: 0,
  lastMessage: "",
  commands: 0,
  failedCommands: 0,
  lastCommand: undefined,
  edits: 0,
  retries: 0,
  questions: 0,
  openCommands: new Set(),
  question: undefined,
  usage: { before, total: undefined },
  usageLimit: undefined,
  lastError: undefined,
  ended: undefined,
  warnings: [],
});

/** The state in which a second turn of the same run begins: what was counted goes on, what was said is over. */
export const nextTurnState = (state: TurnState): TurnState => ({
  ...state,
  lastMessage: "",
  openCommands: new Set(),
  question: undefined,
  lastError: undefined,
  ended: undefined,
});

/** The state after an event. Pure: the same events always make the same state. */
export function reduceTurn(state: TurnState, event: RunEvent): TurnState {
  switch (event.type) {
    case "thread":
      return {
        ...state,
        threadId: event.threadId,
        model: event.model ?? state.model,
        effort: event.effort ?? state.effort,
      };
    case "turn":
      return { ...state, turns: state.turns + 1 };
    case "message":
      return { ...state, messages: state.messages + 1, lastMessage: event.text };
    case "command_started":
      return { ...state, commands: state.commands + 1, openCommands: new Set([...state.openCommands, event.id]) };
    case "command_ended": {
      const failed = event.exitCode !== 0 ? 1 : 0;
      const openCommands = new Set([...state.openCommands].filter((id) => id !== event.id));
      const lastCommand = { command: event.command.slice(0, COMMAND_CHARS), exitCode: event.exitCode };
      return { ...state, openCommands, failedCommands: state.failedCommands + failed, lastCommand };
    }
    case "edit":
      return { ...state, edits: state.edits + 1 };
    case "question":
      return {
        ...state,
        questions: state.questions + 1,
        question: { callId: event.callId, question: event.question, options: event.options },
      };
    case "answered":
      return { ...state, question: undefined };
    case "usage":
      // What comes before the turn is the thread's past: a resumed thread reports it at once.
      return state.turns === 0 && event.last !== undefined
        ? { ...state, usage: { before: event.total, total: undefined } }
        : { ...state, usage: { ...state.usage, total: event.total } };
    case "limits":
      // One that tells of the longer window alone erases nothing.
      return event.usedPercent === null && event.resetsAt === null
        ? state
        : { ...state, usageLimit: { usedPercent: event.usedPercent, resetsAt: event.resetsAt } };
    case "retry":
      return { ...state, retries: state.retries + 1, lastError: event.error };
    case "warning":
      return state.warnings.length < MAX_WARNINGS ? { ...state, warnings: [...state.warnings, event.message] } : state;
    case "turn_ended":
      return {
        ...state,
        ended: { status: event.status, ...(event.error ? { error: event.error } : {}) },
        lastError: event.error ?? state.lastError,
        question: undefined,
        openCommands: new Set(),
      };
    case "restarted": {
      const warnings = [...state.warnings, `Codex was started again in the middle of the turn: ${event.reason}`];
      return { ...state, question: undefined, openCommands: new Set(), warnings };
    }
    case "reasoning":
    case "writing":
    case "steered":
    case "notice":
    case "tool":
    case "refused":
    case "waiting":
    case "review_started":
    case "check_started":
    case "check_ended":
    case "activity":
      return state;
  }
}

/** Tokens of this run alone: Codex counts per thread (CODEX.md surprise 4). null when nothing was reported. */
export function tokensOfRun({ usage }: TurnState): Tokens | null {
  if (!usage.total) return null;
  const before = usage.before ?? { input: 0, cached: 0, output: 0 };
  return {
    input: Math.max(0, usage.total.input - before.input),
    cached: Math.max(0, usage.total.cached - before.cached),
    output: Math.max(0, usage.total.output - before.output),
  };
}
