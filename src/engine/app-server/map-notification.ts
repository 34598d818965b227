import * as z from "zod";
import type { LimitWindow, RunEvent, Tokens, TurnError } from "../../core/event.ts";
import { outputTail } from "../../core/output-tail.ts";

const HttpStatus = z.looseObject({ httpStatusCode: z.number().nullish() });
const CodexError = z.looseObject({
  message: z.string(),
  codexErrorInfo: z.unknown().optional(),
  additionalDetails: z.string().nullish(),
});
const Usage = z.looseObject({ inputTokens: z.int(), cachedInputTokens: z.int(), outputTokens: z.int() });
/** The last second of the year 9999: what comes later can't be written as a time. */
const LAST_SECOND = 253_402_300_799;
const Window = z.looseObject({
  usedPercent: z.number(),
  resetsAt: z.number().min(0).max(LAST_SECOND).nullish().catch(null),
  windowDurationMins: z.number().nullish().catch(null),
});
const RateLimits = z.looseObject({
  limitId: z.string().nullish(),
  primary: z.unknown().optional(),
  secondary: z.unknown().optional(),
});
/** Other ids are limits of single models, beside the account's own. */
const ACCOUNT_LIMIT = "codex";

const Item = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("userMessage"), clientId: z.string().nullish() }),
  z.looseObject({ type: z.literal("agentMessage"), text: z.string() }),
  z.looseObject({ type: z.literal("reasoning"), summary: z.array(z.string()).default([]) }),
  z.looseObject({
    type: z.literal("commandExecution"),
    id: z.string(),
    command: z.string(),
    exitCode: z.number().nullish(),
    durationMs: z.number().nullish(),
    aggregatedOutput: z.string().nullish(),
  }),
  z.looseObject({
    type: z.literal("fileChange"),
    id: z.string(),
    status: z.string(),
    changes: z.array(z.looseObject({ path: z.string(), kind: z.looseObject({ type: z.string() }) })),
  }),
  z.looseObject({
    type: z.literal("mcpToolCall"),
    id: z.string(),
    server: z.string(),
    tool: z.string(),
    status: z.string(),
  }),
  z.looseObject({ type: z.literal("webSearch"), id: z.string() }),
  z.looseObject({ type: z.literal("collabAgentToolCall"), id: z.string(), tool: z.string() }),
]);
const WithItem = z.looseObject({ item: Item });
const Turn = z.looseObject({
  id: z.string(),
  status: z.string(),
  error: CodexError.nullish(),
  items: z.array(z.unknown()).default([]),
});

const NOT_SAID: LimitWindow = { usedPercent: null, resetsAt: null, windowMinutes: null };

type Mapper = (params: unknown) => RunEvent | undefined;

/** Codex's notifications that mean something to a run; every other one is `activity`. The map is closed by RunEvent's union. */
const MAPPERS: Record<string, Mapper> = {
  "turn/started": (params) => {
    const turn = z.looseObject({ turn: z.looseObject({ id: z.string() }) }).safeParse(params).data?.turn;
    return turn && { type: "turn", turnId: turn.id };
  },
  "item/started": (params) => itemEvent(params, "started"),
  "item/completed": (params) => itemEvent(params, "ended"),
  "thread/tokenUsage/updated": (params) => {
    const usage = z.looseObject({ tokenUsage: z.looseObject({ total: Usage, last: Usage }) }).safeParse(params)
      .data?.tokenUsage;
    return usage && { type: "usage", total: tokens(usage.total), last: tokens(usage.last) };
  },
  // Sent with nulls where the service did not say (CODEX.md 7): that erases nothing.
  "account/rateLimits/updated": (params) => {
    const told = z.looseObject({ rateLimits: RateLimits }).safeParse(params).data?.rateLimits;
    if (!told || (told.limitId ?? ACCOUNT_LIMIT) !== ACCOUNT_LIMIT) return undefined;
    const primary = toLimitWindow(told.primary);
    const secondary = toLimitWindow(told.secondary);
    if (!primary && !secondary) return undefined;
    return { type: "limits", ...(primary ?? NOT_SAID), ...(secondary ? { secondary } : {}) };
  },
  error: (params) => {
    const seen = z.looseObject({ error: CodexError, willRetry: z.boolean() }).safeParse(params).data;
    // Without a retry the same error comes with turn/completed, which is the one that ends the turn.
    return seen?.willRetry ? { type: "retry", message: seen.error.message, error: turnError(seen.error) } : undefined;
  },
  warning: (params) => warning(z.looseObject({ message: z.string() }).safeParse(params).data?.message),
  configWarning: (params) => {
    const summary = z.looseObject({ summary: z.string() }).safeParse(params).data?.summary;
    return summary === undefined ? undefined : { type: "notice", message: summary };
  },
  "turn/completed": (params) => {
    const turn = z.looseObject({ turn: Turn }).safeParse(params).data?.turn;
    if (!turn)
      return {
        type: "turn_ended",
        status: "failed",
        error: { message: "Codex ended the turn in a form that is not known" },
      };
    const status = turn.status === "completed" || turn.status === "interrupted" ? turn.status : "failed";
    return { type: "turn_ended", status, ...(turn.error ? { error: turnError(turn.error) } : {}) };
  },
};

/** The event of a notification; `activity` for all that has no row of its own, so that the idle clock sees it. */
export function mapNotification(method: string, params: unknown): RunEvent {
  const mapper = Object.hasOwn(MAPPERS, method) ? MAPPERS[method] : undefined;
  return mapper?.(params) ?? { type: "activity" };
}

/** One window of the quota, as it comes with a notification and with the answer of `account/rateLimits/read`. */
export function toLimitWindow(told: unknown): LimitWindow | null {
  const window = Window.safeParse(told).data;
  if (!window) return null;
  const { usedPercent, resetsAt, windowDurationMins } = window;
  return { usedPercent, resetsAt: resetsAt ?? null, windowMinutes: windowDurationMins ?? null };
}

/** Deltas and raw items repeat in what they belong to; nothing is lost when the record leaves them out. */
export const isDelta = (method: string): boolean => /delta$|^rawResponseItem\//i.test(method);

function itemEvent(params: unknown, phase: "started" | "ended"): RunEvent | undefined {
  const item = WithItem.safeParse(params).data?.item;
  switch (item?.type) {
    case "userMessage":
      return phase === "ended" && typeof item.clientId === "string"
        ? { type: "steered", messageId: item.clientId }
        : undefined;
    case "agentMessage":
      return phase === "ended" ? { type: "message", text: item.text } : undefined;
    case "reasoning":
      return phase === "ended" && item.summary.length > 0
        ? { type: "reasoning", text: item.summary.join("\n") }
        : undefined;
    case "commandExecution":
      if (phase === "started") return { type: "command_started", id: item.id, command: item.command };
      return {
        type: "command_ended",
        id: item.id,
        command: item.command,
        exitCode: item.exitCode ?? null,
        output: outputTail(item.aggregatedOutput ?? ""),
        ...(typeof item.durationMs === "number" ? { durationMs: item.durationMs } : {}),
      };
    case "fileChange":
      if (phase === "started") return undefined;
      return {
        type: "edit",
        id: item.id,
        ok: item.status === "completed",
        files: item.changes.map((change) => ({ path: change.path, kind: change.kind.type })),
      };
    case "mcpToolCall":
      return { type: "tool", id: item.id, name: `${item.server}.${item.tool}`, phase, ok: item.status === "completed" };
    case "webSearch":
      return { type: "tool", id: item.id, name: "web_search", phase };
    case "collabAgentToolCall":
      return { type: "tool", id: item.id, name: item.tool, phase };
    case undefined:
      return undefined;
  }
}

/** codexErrorInfo is a word, or an object whose one key is the word and whose value may carry the HTTP status. */
function turnError(error: z.infer<typeof CodexError>): TurnError {
  const info = error.codexErrorInfo;
  const entry = typeof info === "object" && info !== null ? Object.entries(info)[0] : undefined;
  const code = typeof info === "string" ? info : entry?.[0];
  const httpStatus = HttpStatus.safeParse(entry?.[1]).data?.httpStatusCode;
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(typeof httpStatus === "number" ? { httpStatus } : {}),
    ...(error.additionalDetails ? { details: error.additionalDetails } : {}),
  };
}

const tokens = (usage: z.infer<typeof Usage>): Tokens => ({
  input: usage.inputTokens,
  cached: usage.cachedInputTokens,
  output: usage.outputTokens,
});

const warning = (message: string | undefined): RunEvent | undefined =>
  message === undefined ? undefined : { type: "warning", message };
