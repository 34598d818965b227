import * as z from "zod";

const Delta = z.looseObject({ itemId: z.string(), delta: z.string() });

/** So much of a message is enough to see what Codex is about to say. */
const HEAD_CHARS = 80;
/** A word that is cut may be half of a secret, which nobody would know as one; other scripts have no such words. */
const CUT_WORD = /[\x21-\x7e]+$/;

/** Tells the beginning of a message that still streams, once each; nothing else of a delta is kept. */
export function watchHeads(): { see(method: string, params: unknown): string | undefined } {
  let itemId = "";
  let head = "";
  return {
    see(method, params) {
      if (method !== "item/agentMessage/delta") return undefined;
      const delta = Delta.safeParse(params).data;
      if (!delta) return undefined;
      if (delta.itemId !== itemId) [itemId, head] = [delta.itemId, ""];
      if (head.length >= HEAD_CHARS) return undefined;
      head = (head + delta.delta).slice(0, HEAD_CHARS);
      if (head.length < HEAD_CHARS) return undefined;
      return head.replace(CUT_WORD, "").trimEnd() || undefined;
    },
  };
}
