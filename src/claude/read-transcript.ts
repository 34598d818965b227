import { closeSync, openSync, readSync, statSync } from "node:fs";
import { usageError } from "../core/errors.ts";
import { redact, redactValue } from "../core/redact.ts";
import { fileReason } from "../sys/files.ts";
import { createLineReader } from "../sys/line-reader.ts";
import type { Conversation, Message } from "./conversation.ts";
import { messageOf, TranscriptRecord } from "./read-record.ts";

/**
 * Reads a transcript of Claude Code, without its secrets. It may grow meanwhile: a last line that is half there is left
 * out, and so are calls that have no result yet, the one that asks for this among them.
 */
export function readTranscript(path: string): Conversation {
  const { records, unreadable } = readRecords(path);
  const summary = records.findLastIndex((record) => record.isCompactSummary);
  const isLeft = abandonedBy(records);
  const messagesOf = (some: readonly TranscriptRecord[]): Message[] =>
    some.flatMap((record) => (isLeft(record) ? [] : (messageOf(record) ?? [])));
  const clean = withoutSecrets(withoutOpenCalls(messagesOf(summary < 0 ? records : records.slice(summary))));
  if (clean.messages.length === 0)
    throw usageError(
      `${path} is no transcript of Claude Code: there is no message in it`,
      "name a file of Claude Code's projects folder, or the id of a session",
    );
  const title =
    records.findLast((one) => one.customTitle)?.customTitle ?? records.findLast((one) => one.aiTitle)?.aiTitle;
  return {
    sessionId: records.find((record) => record.sessionId)?.sessionId ?? null,
    title: title === undefined ? null : redact(title),
    dirs: [...new Set(records.flatMap(({ cwd }) => cwd ?? []))],
    ...clean,
    summarised: records.slice(0, Math.max(summary, 0)).filter((record) => messageOf(record) !== undefined).length,
    unreadable,
  };
}

const PIECE_BYTES = 1024 * 1024;

function readRecords(path: string): { records: TranscriptRecord[]; unreadable: number } {
  const records: TranscriptRecord[] = [];
  let unreadable = 0;
  const reader = createLineReader(
    (line) => {
      const record = parseLine(line);
      if (record) records.push(record);
      else unreadable++;
    },
    () => unreadable++,
  );
  const file = openTranscript(path);
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let read = 1; read > 0; ) {
      read = readSync(file, piece, 0, PIECE_BYTES, null);
      reader.push(Buffer.from(piece.subarray(0, read)));
    }
  } finally {
    closeSync(file);
  }
  const whole = unreadable;
  reader.end();
  return { records, unreadable: whole };
}

function openTranscript(path: string): number {
  const hint = "name a transcript (.jsonl) or the id of a session";
  try {
    if (!statSync(path).isFile()) throw usageError(`the transcript ${path} is not a file`, hint);
    return openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "kind" in error) throw error;
    throw usageError(`the transcript ${path} can't be read: ${fileReason(error)}`, hint);
  }
}

/** Most of a transcript is bookkeeping (requests, settings): of that only what connects the messages is kept. */
function parseLine(line: string): TranscriptRecord | undefined {
  if (line.trim() === "") return { type: "empty" };
  try {
    const record = TranscriptRecord.parse(JSON.parse(line));
    const { type, uuid, parentUuid, sessionId, cwd, customTitle, aiTitle } = record;
    return type === "user" || type === "assistant"
      ? record
      : { type, uuid, parentUuid, sessionId, cwd, customTitle, aiTitle };
  } catch {
    return undefined;
  }
}

/**
 * Tells what was rewound: a prompt that the last message does not go back to, and all that came of it. The results of calls
 * that were made side by side are off that line too, but the prompt above them is on it.
 */
function abandonedBy(records: readonly TranscriptRecord[]): (record: TranscriptRecord) => boolean {
  const byId = new Map(records.flatMap((record) => (record.uuid === undefined ? [] : [[record.uuid, record]])));
  const above = (record: TranscriptRecord) => byId.get(record.parentUuid ?? "");
  const line = new Set<TranscriptRecord>();
  const last = records.findLast((record) => messageOf(record) !== undefined);
  for (let at = last; at && !line.has(at); at = above(at)) line.add(at);
  const isPrompt = (record: TranscriptRecord) => messageOf(record)?.parts.some(({ kind }) => kind === "text") ?? false;
  const left = new Map<TranscriptRecord, boolean>();
  return function isLeft(record): boolean {
    // A chain that goes round in a circle is none.
    const path: TranscriptRecord[] = [];
    let answer = false;
    for (let at: TranscriptRecord | undefined = record; at && !path.includes(at); at = above(at)) {
      const known = left.get(at);
      path.push(at);
      if (known !== undefined || line.has(at) || (at.type === "user" && isPrompt(at))) {
        answer = known ?? !line.has(at);
        break;
      }
    }
    for (const one of path) left.set(one, answer);
    return answer;
  };
}

function withoutOpenCalls(messages: readonly Message[]): Message[] {
  const done = new Set(
    messages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "result" ? part.id : []))),
  );
  return messages.flatMap((message) => {
    const parts = message.parts.filter((part) => part.kind !== "call" || done.has(part.id));
    return parts.length === 0 ? [] : [{ ...message, parts }];
  });
}

const MARK = /\[redacted:/g;
const marksIn = (value: object): number => JSON.stringify(value).match(MARK)?.length ?? 0;

function withoutSecrets(messages: readonly Message[]): { messages: Message[]; redacted: number } {
  let redacted = 0;
  const clean = messages.map((message) => {
    const cleaned = redactValue(message);
    if (cleaned !== message) redacted += Math.max(1, marksIn(cleaned) - marksIn(message));
    return cleaned;
  });
  return { messages: clean, redacted };
}
