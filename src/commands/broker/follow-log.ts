import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { runDirOf } from "../../broker/store/list-sessions.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import { eventsPath } from "../../run/event-log.ts";
import { linesSince } from "../../sys/growing-file.ts";
import { endOfRun, entryOf, type LogEntry, type LoggedRun } from "./read-log.ts";
import { dayOf, entryLine, heading } from "./render-log.ts";
import { sessionRuns } from "./session-runs.ts";

const POLL_MS = 200;

export interface Followed {
  view: SessionView;
  /** Only this run, until it has ended; absent: every run until the session rests. */
  only: string | undefined;
  /** What was printed last. */
  last: Pick<LoggedRun, "runId" | "readTo" | "ended"> | undefined;
}

/** The run that is printed now, and how far it is. */
type Place = NonNullable<Followed["last"]>;

/**
 * Prints what comes, run after run, until the session is idle, asks or has ended. It reads the disk alone, so that it
 * goes on whatever becomes of the broker. Resolves with the last look, or with nothing when the record or the reader went.
 */
export async function followLog({ view, only, last }: Followed, stdout: Writable): Promise<SessionView | undefined> {
  const reader = watchReader(stdout);
  let place = last;
  for (let seen = view; ; ) {
    for (const runId of runsFrom(seen, only, place?.runId)) {
      const from = place?.runId === runId ? place : { runId, readTo: 0, ended: false };
      place = await printOn(from, runDirOf(seen.ref, runId), reader.write);
      if (reader.gone()) return undefined;
    }
    if (only === undefined || isOver(seen) ? rests(seen) : place?.ended) return seen;
    await sleep(POLL_MS);
    if (reader.gone()) return undefined;
    // The look comes before the lines: what it calls over has written all of them.
    const next = await look(seen);
    if (!next) return undefined;
    seen = next;
  }
}

/** The run that is printed now, and those that began since. */
function runsFrom(view: SessionView, only: string | undefined, runId: string | undefined): string[] {
  if (only !== undefined) return [only];
  // Mostly nothing is new, and then nothing more need be read.
  if (view.run?.runId === runId) return runId === undefined ? [] : [runId];
  const runs = sessionRuns(view);
  if (runId === undefined) return runs;
  return runs.includes(runId) ? runs.slice(runs.indexOf(runId)) : [runId, ...runs.slice(-1)];
}

/** Prints what is new of a run. */
async function printOn(from: Place, dir: string, write: Write): Promise<Place> {
  if (from.ended) return from;
  const end = endOfRun(dir);
  let { readTo } = from;
  let headed = readTo > 0;
  const say = async (entry: LogEntry) => {
    if (entry.text === undefined) return;
    if (!headed) await write(heading(from.runId, dayOf(entry)));
    headed = true;
    await write(entryLine(entry));
  };
  for (;;) {
    const { lines, at } = linesSince(eventsPath(dir), readTo);
    for (const entry of lines.flatMap((line) => entryOf(line) ?? [])) await say(entry);
    if (at === readTo) break;
    readTo = at;
  }
  if (end) await say(end);
  return { ...from, readTo, ended: end !== undefined };
}

/** Nothing comes any more by itself. */
const rests = (view: SessionView): boolean =>
  isOver(view) || view.state === "waiting_input" || view.state === "attention_required";

const isOver = ({ state }: SessionView): boolean => state === "stopped" || state === "lost";

/** A record that goes away (`codex_runs gc`, a removed home) ends the log, in whatever moment of the look. */
async function look(view: SessionView): Promise<SessionView | undefined> {
  try {
    return await readSessionView(view.ref);
  } catch {
    await sleep(POLL_MS);
    return readSessionView(view.ref).catch(() => undefined);
  }
}

type Write = (text: string) => Promise<void>;

/** A reader that leaves (`| head`) ends the log; one that is slow is waited for. */
function watchReader(stdout: Writable): { write: Write; gone: () => boolean } {
  let gone = false;
  let wake: () => void = () => {};
  const leave = () => {
    gone = true;
    wake();
  };
  stdout.once("error", leave);
  stdout.once("close", leave);
  stdout.on("drain", () => wake());
  return {
    gone: () => gone,
    async write(text) {
      if (gone || stdout.write(text)) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    },
  };
}
