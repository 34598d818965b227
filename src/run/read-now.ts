import * as z from "zod";
import type { Tokens } from "../core/event.ts";
import { firstLine, lastLines } from "../sys/growing-file.ts";
import { eventsPath, type LoggedEvent, parseEvent } from "./event-log.ts";

/** A step that has begun and not ended: a command, a tool, a check, a question, a retry, a message that is being written. */
export interface OpenStep {
  key: string;
  event: LoggedEvent;
}

/** What a run does now, as its events tell it. */
export interface RunNow {
  /** `opening`: Codex and the checks before the turn; `settling`: audit, checks after it, record. */
  phase: "opening" | "turn" | "settling";
  /** The second turn goes on, which was given what failed. */
  isReview: boolean;
  /** The newest last. None in a turn: Codex waits for the model. */
  open: readonly OpenStep[];
  /** When the clocks of the turn began to run. */
  startedAt: string | undefined;
  /** When the last event came. */
  at: string | undefined;
  lastFile: string | undefined;
  /** The head of the model's last message. */
  lastText: string | undefined;
  /** Totals of the whole thread, as Codex counts. */
  tokens: Tokens | undefined;
  usageLimit: { usedPercent: number | null; resetsAt: number | null } | undefined;
  /** What Codex lost and has not got over, or ended with. */
  lastError: string | undefined;
  /** How long the total clock stood still for a question or a check before the turn. */
  heldMs: number;
}

export const INITIAL_NOW: RunNow = {
  phase: "opening",
  isReview: false,
  open: [],
  startedAt: undefined,
  at: undefined,
  lastFile: undefined,
  lastText: undefined,
  tokens: undefined,
  usageLimit: undefined,
  lastError: undefined,
  heldMs: 0,
};

const HEAD_CHARS = 200;

const Count = z.int();
const Failure = z.looseObject({ message: z.string(), details: z.string().optional() });
/** Of the events what this reads; one of another shape counts as a sign of life. */
const Told = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("turn") }),
  z.looseObject({ type: z.literal("message"), text: z.string() }),
  z.looseObject({ type: z.literal("writing"), head: z.string() }),
  z.looseObject({ type: z.literal("reasoning") }),
  z.looseObject({ type: z.literal("command_started"), id: z.string() }),
  z.looseObject({ type: z.literal("command_ended"), id: z.string() }),
  z.looseObject({ type: z.literal("tool"), id: z.string(), phase: z.enum(["started", "ended"]) }),
  z.looseObject({ type: z.literal("edit"), files: z.array(z.looseObject({ path: z.string() })) }),
  z.looseObject({ type: z.literal("question"), callId: z.string() }),
  z.looseObject({ type: z.literal("answered"), callId: z.string() }),
  z.looseObject({
    type: z.literal("usage"),
    total: z.looseObject({ input: Count, cached: Count, output: Count }),
  }),
  z.looseObject({
    type: z.literal("limits"),
    usedPercent: z.number().nullable(),
    resetsAt: z.number().nullable(),
  }),
  z.looseObject({ type: z.literal("retry"), message: z.string(), error: Failure.optional() }),
  z.looseObject({ type: z.literal("restarted"), reason: z.string() }),
  z.looseObject({ type: z.literal("waiting") }),
  z.looseObject({ type: z.literal("review_started") }),
  z.looseObject({ type: z.literal("check_started"), phase: z.string(), index: Count }),
  z.looseObject({ type: z.literal("check_ended"), phase: z.string(), index: Count }),
  z.looseObject({ type: z.literal("turn_ended"), error: Failure.optional() }),
]);
type Told = z.infer<typeof Told>;

/** What a run does after an event. Pure: the same events always say the same. */
export function reduceNow(now: RunNow, event: LoggedEvent): RunNow {
  const seen = { ...now, startedAt: now.startedAt ?? event.at, at: event.at };
  const told = Told.safeParse(event).data;
  if (told === undefined) return seen;
  const step = { ...seen, ...stepOf(now, told, event) };
  switch (told.type) {
    case "turn":
      return { ...step, phase: "turn" };
    case "message":
      return { ...step, lastText: told.text.slice(0, HEAD_CHARS) };
    case "edit":
      return { ...step, lastFile: told.files.at(-1)?.path ?? now.lastFile };
    case "usage":
      return { ...step, tokens: { input: told.total.input, cached: told.total.cached, output: told.total.output } };
    case "limits":
      return told.usedPercent === null && told.resetsAt === null
        ? step
        : { ...step, usageLimit: { usedPercent: told.usedPercent, resetsAt: told.resetsAt } };
    case "retry":
      return { ...step, lastError: errorText(told.error ?? told) };
    case "restarted":
      return { ...step, lastError: told.reason };
    case "waiting":
      // No clock runs yet.
      return { ...step, startedAt: undefined };
    case "review_started":
      // Its limits are its own.
      return { ...step, phase: "opening", isReview: true, startedAt: event.at, heldMs: 0, lastError: undefined };
    case "turn_ended":
      return { ...step, phase: "settling", lastError: told.error ? errorText(told.error) : step.lastError };
    default:
      return step;
  }
}

/** Reads what a run does now from the end of its events: at most 64 KB, however long it has been at work. */
export function readNow(dir: string): RunNow {
  const path = eventsPath(dir);
  const lines = lastLines(path);
  const first = firstLine(path);
  // Whatever came before the turn stands at the very beginning.
  const isWhole = lines[0] === first;
  const initial: RunNow = isWhole ? INITIAL_NOW : { ...INITIAL_NOW, phase: "turn" };
  const now = lines.flatMap((line) => parseEvent(line) ?? []).reduce(reduceNow, initial);
  if (isWhole || now.isReview) return now;
  const began = parseEvent(first ?? "");
  // When a run that had to wait began stands somewhere in between.
  return { ...now, startedAt: began?.type === "waiting" ? undefined : (began?.at ?? now.startedAt) };
}

type Steps = Pick<RunNow, "open" | "heldMs" | "lastError">;

/** What an event does to the open steps. */
function stepOf(now: RunNow, told: Told, event: LoggedEvent): Steps {
  const { heldMs, lastError } = now;
  const without = (...keys: string[]) => now.open.filter(({ key }) => !keys.includes(key));
  // The model spoke: what it began to write is written, and what was lost is found again.
  const alive = without(WRITING, RETRY);
  switch (told.type) {
    case "message":
    case "reasoning":
    case "edit":
      return { open: alive, heldMs, lastError: undefined };
    case "writing":
      return { open: [...alive, { key: WRITING, event }], heldMs, lastError: undefined };
    case "command_started":
      return { open: [...alive, { key: `command ${told.id}`, event }], heldMs, lastError: undefined };
    case "command_ended":
      return { open: without(`command ${told.id}`), heldMs, lastError };
    case "tool":
      return told.phase === "started"
        ? { open: [...alive, { key: `tool ${told.id}`, event }], heldMs, lastError: undefined }
        : { open: without(`tool ${told.id}`), heldMs, lastError };
    case "question":
      return { open: [...alive, { key: `question ${told.callId}`, event }], heldMs, lastError: undefined };
    case "answered":
      return held(now, `question ${told.callId}`, event);
    case "retry":
      // Said with the newest words, and since the first of them.
      return {
        open: [...without(RETRY), { key: RETRY, event: { ...event, at: beganAt(now, RETRY) ?? event.at } }],
        heldMs,
        lastError,
      };
    case "restarted":
      // With the Codex that died its commands are gone.
      return { open: [{ key: RETRY, event }], heldMs, lastError };
    case "check_started":
      return { open: [...now.open, { key: `check ${told.phase} ${told.index}`, event }], heldMs, lastError };
    case "check_ended":
      return held(now, `check ${told.phase} ${told.index}`, event);
    case "turn_ended":
      // Commands that were interrupted have no end of their own.
      return { open: [], heldMs, lastError };
    default:
      return { open: now.open, heldMs, lastError };
  }
}

const WRITING = "writing";
const RETRY = "retry";

const beganAt = (now: RunNow, key: string): string | undefined => now.open.find((step) => step.key === key)?.event.at;

/** Ends a step during which the clocks stood still. */
function held(now: RunNow, key: string, event: LoggedEvent): Steps {
  const began = beganAt(now, key);
  const ms = began === undefined ? 0 : Date.parse(event.at) - Date.parse(began);
  return {
    open: now.open.filter((step) => step.key !== key),
    heldMs: now.heldMs + Math.max(0, ms || 0),
    lastError: now.lastError,
  };
}

const errorText = ({ message, details }: z.infer<typeof Failure>): string =>
  details ? `${message} (${details})` : message;
