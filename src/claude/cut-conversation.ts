import { beginsTurn, type Message, type Part } from "./conversation.ts";

/** About 100,000 tokens: a thread has to have room for the work that comes. */
export const THREAD_CHARS = 400_000;
/** A text that somebody pasted. */
const TEXT_CHARS = 60_000;
/** As much of a result as Codex's import takes (0.169.0). */
const RESULT_CHARS = 4_000;
const INPUT_CHARS = 2_000;

export interface Cut {
  messages: Message[];
  /** How many are left out at the beginning. */
  cut: number;
}

/**
 * The end of a conversation, as much as `maxChars` hold, beginning with words of the user's. What is left out is said
 * in its first message. The last message is kept, whatever its size: its texts are shortened on their own.
 */
export function cutConversation(messages: readonly Message[], maxChars = THREAD_CHARS, before = 0): Cut {
  const short = messages.map((message) => ({ ...message, parts: message.parts.map(shorten) }));
  let from = short.length;
  for (let room = maxChars; from > 0; from--) {
    room -= weightOf(short[from - 1]);
    if (room < 0 && from < short.length) break;
  }
  const turn = short.findIndex((message, at) => at >= from && beginsTurn(message));
  const begin = from === 0 || turn < 0 ? from : turn;
  const left = before + begin;
  const kept = short.slice(begin);
  return { messages: begin === 0 ? kept : [noteOf(left, kept[0]?.at ?? null), ...kept], cut: left };
}

const noteOf = (left: number, at: string | null): Message => ({
  by: "user",
  at,
  parts: [{ kind: "text", text: `[The first ${left} messages of this conversation were left out: it was too long.]` }],
});

const weightOf = (message: Message | undefined): number =>
  (message?.parts ?? []).reduce(
    (sum, part) =>
      sum + (part.kind === "call" ? JSON.stringify(part.input).length + part.name.length : part.text.length),
    0,
  );

function shorten(part: Part): Part {
  if (part.kind === "text") return { ...part, text: middleOut(part.text, TEXT_CHARS) };
  if (part.kind === "result") return { ...part, text: middleOut(part.text, RESULT_CHARS) };
  const input = Object.fromEntries(
    Object.entries(part.input).map(([name, value]) => [
      name,
      typeof value === "string" ? middleOut(value, INPUT_CHARS) : value,
    ]),
  );
  const json = JSON.stringify(input);
  return { ...part, input: json.length > 4 * INPUT_CHARS ? { input: json.slice(0, INPUT_CHARS) } : input };
}

/** The beginning and the end say more than the middle; no character is parted. */
function middleOut(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const note = "\n[… cut …]\n";
  const half = Math.floor((chars - note.length) / 2);
  return (text.slice(0, half) + note + text.slice(-half)).replace(/\p{Cs}/gu, "");
}
