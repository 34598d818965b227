/** One thing that was said or done in a message. */
export type Part =
  | { kind: "text"; text: string }
  | { kind: "call"; id: string; name: string; input: Record<string, unknown> }
  | { kind: "result"; id: string; text: string; isError: boolean };

/** A message as the conversation had it: what a tool gave back comes as the user's. */
export interface Message {
  by: "user" | "claude";
  /** ISO time; null where the transcript does not say. */
  at: string | null;
  parts: Part[];
}

/** A session of Claude Code, as far as it is of use to somebody who goes on with it. */
export interface Conversation {
  sessionId: string | null;
  /** What the session is called, by its user or by Claude Code. */
  title: string | null;
  /** The directories in which it was at work, the first one first. */
  dirs: string[];
  messages: Message[];
  /** Messages from before the summary that Claude Code itself goes on with. */
  summarised: number;
  /** Lines that can't be read; the last one, which Claude Code may be writing, is not counted. */
  unreadable: number;
  /** Places that looked like a secret. */
  redacted: number;
}

/** Whether a message is the beginning of a turn: words of the user's, and not what a tool gave back. */
export const beginsTurn = ({ by, parts }: Message): boolean =>
  by === "user" && parts.some((part) => part.kind === "text");
