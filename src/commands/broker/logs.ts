import { runDirOf } from "../../broker/store/list-sessions.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { followLog } from "./follow-log.ts";
import { nextCommand } from "./next-command.ts";
import { type LogEntry, readLog } from "./read-log.ts";
import { eventsJson, renderLog } from "./render-log.ts";
import { sessionRuns } from "./session-runs.ts";
import type { Flags, Verb } from "./verb.ts";

const DEFAULT_LINES = 60;
/** Whoever names no number of lines gets what Claude Code shows whole. */
const DEFAULT_BYTES = 8_000;

/** What Codex did in a session, from its record: it is there when the broker is gone. */
export const logs: Verb = {
  takes: "id",
  usage: "codex_broker logs ID [--follow] [--run RUN] [--lines N]",
  options: ["follow", "run", "lines"],
  examples: [["codex_broker logs b-20261121-051103-m3xw --follow", "what Codex does, as it comes"]],
  async run(target, flags, io) {
    if (flags.json && flags.follow)
      throw usageError("--json prints one object and --follow has no end", "leave one of them out");
    const view = await readSessionView(target.ref);
    const only = flags.run === undefined ? target.runId : namedRun(view, flags.run);
    const runs = (only === undefined ? sessionRuns(view) : [only]).map((runId) => ({
      runId,
      dir: runDirOf(view.ref, runId),
    }));
    return flags.follow ? follow(view, runs, only, flags, io) : print(runs, flags, io);
  },
};

/** Whoever names a number of lines has them all. */
const maxBytesFor = ({ lines }: Flags): number => (lines === undefined ? DEFAULT_BYTES : Number.POSITIVE_INFINITY);

const isSaid = (entry: LogEntry): boolean => entry.text !== undefined;

type Runs = { runId: string; dir: string }[];

function print(runs: Runs, flags: Flags, io: Io): number {
  const count = flags.lines ?? DEFAULT_LINES;
  const maxBytes = maxBytesFor(flags);
  if (flags.json) {
    const events = readLog(runs, count, ({ event }) => event !== undefined);
    io.stdout.write(eventsJson(events, maxBytes));
    return 0;
  }
  const text = renderLog(readLog(runs, count, isSaid), count, maxBytes);
  io.stdout.write(text === "" ? "nothing was logged yet\n" : text);
  return 0;
}

async function follow(view: SessionView, runs: Runs, only: string | undefined, flags: Flags, io: Io): Promise<number> {
  const count = flags.lines ?? DEFAULT_LINES;
  const known = readLog(runs, count, isSaid);
  io.stdout.write(renderLog(known, count, maxBytesFor(flags)));
  const last = known.at(-1);
  const place = last && (last.entries.length > 0 ? last : { runId: last.runId, readTo: 0, ended: false });
  const end = await followLog({ view, only, last: place }, io.stdout);
  io.stdout.write(end ? `status=${end.state}\nnext=${nextCommand(end, io.self)}\n` : "the record is gone\n");
  return 0;
}

/** A run of this session, by its id or the beginning of it. */
function namedRun(view: SessionView, word: string): string {
  const runs = sessionRuns(view);
  const found = runs.includes(word) ? [word] : runs.filter((id) => id.startsWith(word));
  const [run] = found;
  if (run !== undefined && found.length === 1) return run;
  throw usageError(
    found.length === 0
      ? `the session ${view.ref.brokerId} has no run ${word}`
      : `${word} is the beginning of ${found.length} runs of the session`,
    `its newest runs: ${(found.length === 0 ? runs : found).slice(-5).join(", ") || "none yet"}`,
  );
}
