import * as z from "zod";
import type { RunEvent, Tokens } from "../../core/event.ts";

const OfItem = z.looseObject({ item: z.looseObject({ type: z.string(), text: z.string().optional() }) });
const RawMessage = z.looseObject({
  item: z.looseObject({
    type: z.literal("message"),
    role: z.literal("assistant"),
    content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  }),
});
const RawUsage = z.looseObject({
  usage: z.looseObject({ inputTokens: z.int(), cachedInputTokens: z.int(), outputTokens: z.int() }).nullish(),
});

/** Reads the turn of Codex's own reviewer. */
export interface ReviewReading {
  /** The event of a notification that means something else there than in an ordinary turn; undefined: it means the same. */
  see(method: string, params: unknown): RunEvent | undefined;
}

/**
 * A review is a turn inside of a turn (measured, 0.169.0). What the reviewer answered, its findings as JSON, is told only
 * by the raw items: its `agentMessage` begins empty where the model streams and never ends, and the one that ends is the
 * text that Codex renders from the findings. `thread/tokenUsage/updated` never comes; the raw responses have the usage.
 */
export function readReview(): ReviewReading {
  const total: Tokens = { input: 0, cached: 0, output: 0 };
  let isOver = false;
  let isRaw = false;
  let last = "";

  const message = (text: string): RunEvent => {
    if (text === "" || text === last) return ACTIVITY;
    last = text;
    return { type: "message", text };
  };

  return {
    see(method, params) {
      if (method === "rawResponseItem/completed") {
        const item = RawMessage.safeParse(params).data?.item;
        if (!item || isOver) return ACTIVITY;
        isRaw = true;
        return message(item.content.map(({ text }) => text ?? "").join(""));
      }
      if (method === "rawResponse/completed") {
        const usage = RawUsage.safeParse(params).data?.usage;
        if (!usage) return ACTIVITY;
        const one = { input: usage.inputTokens, cached: usage.cachedInputTokens, output: usage.outputTokens };
        total.input += one.input;
        total.cached += one.cached;
        total.output += one.output;
        return { type: "usage", total: { ...total }, last: one };
      }
      if (method !== "item/started" && method !== "item/completed") return undefined;
      const item = OfItem.safeParse(params).data?.item;
      isOver ||= item?.type === "exitedReviewMode";
      if (item?.type !== "agentMessage") return undefined;
      return isOver || isRaw ? ACTIVITY : message(item.text ?? "");
    },
  };
}

const ACTIVITY: RunEvent = { type: "activity" };

const NO_METHOD = [-32600, -32601];

/** Whether an app-server refused `review/start` because it does not know it: an unknown method is -32600 there (0.169.0). */
export const knowsNoReview = (code: number, message: string): boolean =>
  NO_METHOD.includes(code) && /unknown (?:variant|method)|method not found|review\/start/i.test(message);
