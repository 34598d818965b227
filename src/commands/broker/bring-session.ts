import { realpathSync, rmSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { type SessionRef, sessionPath } from "../../broker/store/broker-record.ts";
import type { Conversation } from "../../claude/conversation.ts";
import { cutConversation } from "../../claude/cut-conversation.ts";
import { toDigest } from "../../claude/to-digest.ts";
import { toImport } from "../../claude/to-import.ts";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, messageOf, usageError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { RunRequest } from "../../core/request.ts";
import { importSession } from "../../engine/app-server/import-session.ts";
import { codexHomeOf } from "../../gate/quota-place.ts";
import { writeAnswerFile } from "../../run/answer-file.ts";
import { makeParents } from "../../run/create-record.ts";
import { writeSession } from "../../run/session-record.ts";
import { attempt } from "../../sys/files.ts";
import { temporaryDir } from "../../sys/paths.ts";

/** A session of Claude Code's in the form in which Codex goes on with it. */
export interface Brought {
  session: SessionRecord;
  /** The file beside the answers that the first prompt points at; undefined where Codex has the thread. */
  digest: { name: string; text: string } | undefined;
  /** There is no goal yet. */
  waits: boolean;
  /** How much of it, and how. */
  said: string;
}

/** A session is about its project: another one's is taken only where the caller names the directory to go on in. */
export function refuseOtherProject({ dirs, sessionId }: Conversation, workspace: string): void {
  if (dirs.length === 0 || dirs.some((dir) => isBelow(attempt(() => realpathSync(dir)) ?? dir, workspace))) return;
  throw usageError(
    `the session ${sessionId ?? "of this transcript"} was about ${dirs[0]}, and not about ${workspace}`,
    "name the directory in which Codex is to go on with --workspace",
  );
}

function isBelow(path: string, dir: string): boolean {
  const below = relative(dir, path);
  return below !== ".." && !/^\.\.[\\/]/.test(below) && !isAbsolute(below);
}

/** The session that a call begins, as long as nobody knows its thread: it has the power of the call, as a new one has. */
export function sessionOfCall(request: RunRequest, { sessionId }: Conversation): SessionRecord {
  const { brokerId, workspace, packet, power, engine, model, reasoning, createdAt } = request;
  return {
    version: 1,
    broker_id: brokerId,
    session_id: null,
    workspace,
    role: packet.role,
    power,
    engine,
    model: model ?? null,
    reasoning: reasoning ?? null,
    tokens: null,
    runs: [],
    from_claude: { session: sessionId, way: "import", digest: null },
    created_at: createdAt,
    updated_at: createdAt,
  };
}

/** Brings the conversation to Codex: as a thread of its own where it can import one, as a file to read where it can't. */
export async function bringSession(
  { request, conversation, home }: { request: RunRequest; conversation: Conversation; home: string },
  io: Io,
): Promise<Omit<Brought, "waits">> {
  const session = sessionOfCall(request, conversation);
  const asThread = request.engine === "exec" ? EXEC : await bringThread({ request, conversation, home }, io);
  if ("threadId" in asThread)
    return { session: { ...session, session_id: asThread.threadId }, digest: undefined, said: asThread.said };
  io.stderr.write(`warning: Codex can't take the session as a thread: ${asThread.why}; it gets a digest to read\n`);
  const { text, cut } = toDigest(conversation, conversation.summarised);
  const name = `${request.brokerId}-claude`;
  const path = join(request.workspace, ".ask-codex", `${name}.md`);
  const from = { session: conversation.sessionId, way: "digest" as const, digest: path };
  return {
    session: { ...session, from_claude: from },
    digest: { name, text },
    said: say(conversation, cut, "digest"),
  };
}

const EXEC = { why: "the engine exec has no import" };

async function bringThread(
  { request, conversation, home }: { request: RunRequest; conversation: Conversation; home: string },
  io: Io,
): Promise<{ threadId: string; said: string } | { why: string }> {
  const { workspace, brokerId, codex } = request;
  const { messages, cut } = cutConversation(conversation.messages, undefined, conversation.summarised);
  makeParents(home, { ...request, id: brokerId });
  const imported = await importSession({
    codex,
    env: io.env,
    codexHome: codexHomeOf(io.env),
    scratch: temporaryDir(home, `${brokerId}-import`),
    marker: `${brokerId}.import`,
    cwd: workspace,
    text: toImport({ ...conversation, messages }, { cwd: workspace, now: new Date() }),
  });
  return "threadId" in imported ? { ...imported, said: say(conversation, cut, "import") } : imported;
}

/** In words that fit on a line: `messages:42 left_out:0 redacted:3 way:import`. */
function say({ messages, summarised, redacted, unreadable }: Conversation, cut: number, way: string): string {
  const counts = [`messages:${messages.length + summarised - cut}`, `left_out:${cut}`, `redacted:${redacted}`];
  return [...counts, ...(unreadable > 0 ? [`unreadable_lines:${unreadable}`] : []), `way:${way}`].join(" ");
}

/** Takes away what was brought; the thread stays with Codex. */
export function dropBrought(ref: SessionRef, { session }: Brought): void {
  rmSync(sessionPath(ref), { force: true });
  const digest = session.from_claude?.digest;
  if (digest) rmSync(digest, { force: true });
}

/** Writes down what was brought; what can't be written gives the session back. */
export function keepBrought(ref: SessionRef, { session, digest }: Brought, giveBack: (why: string) => void): void {
  try {
    // Our records are closed to Codex, and the answers are not.
    if (digest && writeAnswerFile(session.workspace, digest.name, digest.text) === undefined)
      throw new AskCodexError(
        "fatal",
        `the digest of the session can't be written below ${session.workspace}/.ask-codex`,
        {
          hint: "make it a directory that can be written",
        },
      );
    writeSession(ref.home, session);
  } catch (error) {
    giveBack(messageOf(error));
    throw error;
  }
}
