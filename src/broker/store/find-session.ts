import { dirname } from "node:path";
import { type AskCodexError, messageOf, usageError } from "../../core/errors.ts";
import { isBrokerId, isMessageId, isRunId } from "../../core/ids.ts";
import { shortLine } from "../../core/one-line.ts";
import { SessionRecord } from "../../core/record.ts";
import { findRunDir, parseIfThere, readRequest } from "../../run/record.ts";
import { attempt, isThere } from "../../sys/files.ts";
import { isAlive } from "../../sys/owner.ts";
import { latestBroker, type NumberedBroker, type SessionRef, sessionDir, sessionPath } from "./broker-record.ts";
import { brokerOfRun, listRuns, listSessionRefs, runDirOf, runOfBroker, workspaceKeyDirs } from "./list-sessions.ts";
import { readWaiting } from "./queue.ts";

export interface FoundRef {
  ref: SessionRef;
  /** The run that was named, where one was. */
  runId?: string;
}

/**
 * The session that a broker id, a thread id, a run id, a name or the beginning of one of these means, whatever the
 * current directory is. What is written out wins over what only begins so. The word is compared, and never made a path.
 */
export function findSessionRef(home: string, word: string): FoundRef {
  if (word.trim() === "") throw usageError("the id of the session is empty", LIST);
  const direct = byId(home, word);
  if (direct) return direct;
  const { known, unread } = readSessions(home);
  const exact = known.filter(({ name, thread }) => name === word || thread === word);
  const meant = exact.length > 0 ? living(exact) : beginning(home, word, known);
  const sessions = distinct(meant);
  const [session] = sessions;
  if (session === undefined) throw unknown(home, word, unread);
  if (sessions.length > 1) throw ambiguous(word, sessions);
  const [runId, ...otherRuns] = new Set(meant.map((match) => match.runId));
  return runId === undefined || otherRuns.length > 0 ? { ref: session.ref } : { ref: session.ref, runId };
}

/** A whole id of ours is the name of a file: nothing has to be read to find it. */
function byId(home: string, word: string): FoundRef | undefined {
  const dir = findRunDir(home, word);
  if (dir !== undefined) {
    const workspaceKeyDir = dirname(dirname(dir));
    return { ref: { home, workspaceKeyDir, brokerId: readRequest(dir).brokerId }, runId: word };
  }
  if (isRunId(word) || isMessageId(word)) return byMessage(home, word);
  if (!isBrokerId(word)) return undefined;
  const refs = workspaceKeyDirs(home).map((workspaceKeyDir) => ({ home, workspaceKeyDir, brokerId: word }));
  const ref =
    refs.find((one) => isThere(sessionDir(one)) || isThere(sessionPath(one))) ??
    refs.find((one) => runOfBroker(one) !== undefined);
  return ref && { ref };
}

/** A message, or the run that one will be, is told before its turn has come. */
function byMessage(home: string, word: string): FoundRef | undefined {
  const waits = (ref: SessionRef) =>
    readWaiting(ref).some(({ message_id, request }) => message_id === word || request.runId === word);
  const ref = listSessionRefs(home).find((one) => attempt(() => waits(one)));
  return ref && { ref };
}

interface Known {
  ref: SessionRef;
  name: string | null;
  thread: string | null;
  runs: readonly string[];
  broker: NumberedBroker | undefined;
}

/** While one session is looked for, another one's broken file is no reason to stop; what it was is said if nothing is found. */
function readSessions(home: string): { known: Known[]; unread: string[] } {
  const unread: string[] = [];
  const quietly = <Result>(read: () => Result): Result | undefined => {
    try {
      return read();
    } catch (error) {
      unread.push(messageOf(error));
      return undefined;
    }
  };
  const known = listSessionRefs(home).map((ref) => {
    const session = quietly(() => parseIfThere(sessionPath(ref), SessionRecord));
    const broker = quietly(() => latestBroker(ref));
    const name = broker?.record.name ?? null;
    return { ref, name, thread: session?.session_id ?? null, runs: session?.runs ?? [], broker };
  });
  return { known, unread };
}

/** A name is used again for the next session: the one that is there now is meant. */
function living(exact: readonly Known[]): Match[] {
  const alive = exact.filter(({ broker }) => {
    if (broker === undefined || broker.record.ended) return false;
    return isAlive(broker.record.owner ?? broker.record.starter);
  });
  return [...(alive.length > 0 ? alive : exact)];
}

interface Match {
  ref: SessionRef;
  name: string | null;
  runId?: string;
}

/** What a word may be the beginning of; of the runs only those are read that no session knows. */
function beginning(home: string, word: string, known: readonly Known[]): Match[] {
  const begins = (text: string | null): boolean => text?.startsWith(word) ?? false;
  const matches: Match[] = known.filter(
    ({ ref, name, thread }) => begins(ref.brokerId) || begins(name) || begins(thread),
  );
  if (!/^[rb]/.test(word)) return matches;
  const owners = new Map(known.flatMap((one) => one.runs.map((runId) => [runDirOf(one.ref, runId), one] as const)));
  for (const workspaceKeyDir of workspaceKeyDirs(home)) {
    for (const runId of listRuns(workspaceKeyDir)) {
      const dir = runDirOf({ workspaceKeyDir }, runId);
      const owner = owners.get(dir);
      if (owner && begins(runId)) matches.push({ ...owner, runId });
      const brokerId = owner ? undefined : brokerOfRun(dir);
      if (brokerId === undefined) continue;
      const ref = { home, workspaceKeyDir, brokerId };
      if (begins(runId)) matches.push({ ref, name: null, runId });
      else if (begins(brokerId)) matches.push({ ref, name: null });
    }
  }
  return matches;
}

/** One match a session, the first of each. */
function distinct(matches: readonly Match[]): Match[] {
  const first = new Map<string, Match>();
  for (const match of matches) {
    const key = sessionDir(match.ref);
    if (!first.has(key)) first.set(key, match);
  }
  return [...first.values()];
}

const SHOWN = 5;
const WORD_CHARS = 80;
const LIST = "codex_broker list --all names every session";

function unknown(home: string, word: string, unread: readonly string[]): AskCodexError {
  const [first] = unread;
  const broken = first === undefined ? "" : `; ${unread.length} of the records can't be read: ${first}`;
  return usageError(`there is no session, run or name "${shortLine(word, WORD_CHARS)}" in ${home}`, `${LIST}${broken}`);
}

function ambiguous(word: string, sessions: readonly Match[]): AskCodexError {
  const shown = sessions.slice(0, SHOWN).map(({ ref, name }) => {
    return name === null ? ref.brokerId : `${ref.brokerId} (${shortLine(name, WORD_CHARS)})`;
  });
  const more = sessions.length > SHOWN ? ` and ${sessions.length - SHOWN} more` : "";
  return usageError(
    `"${shortLine(word, WORD_CHARS)}" may be any of ${sessions.length} sessions: ${shown.join(", ")}${more}`,
    "give more of the id, or the whole of it",
  );
}
