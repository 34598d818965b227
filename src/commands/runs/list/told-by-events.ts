import * as z from "zod";
import type { Tokens } from "../../../core/event.ts";
import { eventsPath } from "../../../run/event-log.ts";
import { readRequest } from "../../../run/record.ts";
import { attempt } from "../../../sys/files.ts";
import { linesSince } from "../../../sys/growing-file.ts";

const Count = z.looseObject({ input: z.int(), cached: z.int(), output: z.int() });
const Told = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("thread"), model: z.string().optional() }),
  z.looseObject({ type: z.literal("turn") }),
  z.looseObject({ type: z.literal("usage"), total: Count, last: Count.optional() }),
]);

interface Known {
  model: string | undefined;
  /** What Codex had counted for the thread, before the run and with it. */
  before: Tokens | undefined;
  total: Tokens | undefined;
  isTurn: boolean;
}

/**
 * What the events tell of a run whose receipt does not: a broker that was killed could not add up. `tokens` is
 * undefined where nothing was counted, or where nobody knows what the thread had used before.
 */
export function toldByEvents(dir: string): { tokens: Tokens | undefined; model: string | undefined } {
  let known: Known = { model: undefined, before: undefined, total: undefined, isTurn: false };
  for (const line of tellingLines(eventsPath(dir))) known = reduce(known, line);
  const { before = startOfThread(dir), total, model } = known;
  return { tokens: total && before && less(total, before), model };
}

/** The lines that tell something; a log is as long as the run was busy. */
function* tellingLines(path: string): Generator<string> {
  for (let from = 0; ; ) {
    const { lines, at } = linesSince(path, from);
    for (const line of lines) if (TELLING.test(line)) yield line;
    if (lines.length === 0 && at === from) return;
    from = at;
  }
}

const TELLING = /"type":\s*"(?:thread|turn|usage)"/;

function reduce(known: Known, line: string): Known {
  const told = attempt(() => Told.parse(JSON.parse(line)));
  if (told === undefined) return known;
  if (told.type === "thread") return { ...known, model: told.model ?? known.model };
  if (told.type === "turn") return { ...known, isTurn: true };
  // Before the turn a resumed thread tells its past; an engine that tells no `last` tells nothing of that.
  if (!known.isTurn && told.last !== undefined) return { ...known, before: told.total };
  const before = known.before ?? (told.last && known.total === undefined ? less(told.total, told.last) : undefined);
  return { ...known, before, total: told.total };
}

/** A new thread has used nothing; of one that was continued only Codex can say. */
const startOfThread = (dir: string): Tokens | undefined => {
  const request = attempt(() => readRequest(dir));
  return request && request.threadId === undefined ? { input: 0, cached: 0, output: 0 } : undefined;
};

const less = (total: Tokens, before: Tokens): Tokens => ({
  input: Math.max(0, total.input - before.input),
  cached: Math.max(0, total.cached - before.cached),
  output: Math.max(0, total.output - before.output),
});
