import { AskCodexError } from "../core/errors.ts";
import type { What } from "../core/inbox.ts";
import { isAlive } from "../sys/owner.ts";
import { acknowledge } from "./acknowledge.ts";
import { findItem, findItems, type Where } from "./find-items.ts";
import { latestClaim, openClaims } from "./item-store.ts";
import { isSame, type Party, whatToDo } from "./whom.ts";

interface Shown {
  runId: string;
  dir: string;
  what: What;
}

/**
 * Notes that the caller has read what it was shown of these runs, and of nothing else: an end that came after the question
 * that it read stays. Of a run that it was not shown anything of, what the run has to tell now. Resolves with the runs
 * that there was something to acknowledge of; throws, with nothing acknowledged, for what is another session's.
 */
export async function acknowledgeRuns(
  runs: readonly { runId: string; dir: string }[],
  caller: Party | null,
): Promise<string[]> {
  const read: Shown[] = [];
  for (const run of runs) read.push(...(await readOf(run, caller)));
  return acknowledgeAll(read, caller);
}

/** The same for everything that the caller was shown; a person in a terminal is shown everything. */
export async function acknowledgeInboxOf(where: Where): Promise<string[]> {
  const { caller } = where;
  const items = await findItems(where);
  const isRead = ({ dir, what }: Shown): boolean => {
    if (caller === null) return !isQuestion(what);
    const { claim } = latestClaim(dir, what);
    return claim !== undefined && isSame(claim, caller);
  };
  return acknowledgeAll(items.filter(isRead), caller);
}

function acknowledgeAll(read: readonly Shown[], caller: Party | null): string[] {
  for (const { dir, what } of read) acknowledge(dir, what, caller?.session ?? null);
  return [...new Set(read.map(({ runId }) => runId))];
}

async function readOf(run: { runId: string; dir: string }, caller: Party | null): Promise<Shown[]> {
  const shown = caller === null ? [] : openClaims(run.dir).filter((claim) => isSame(claim, caller));
  if (shown.length > 0) return shown.map(({ what }) => ({ ...run, what }));
  const item = await findItem(run.runId, run.dir);
  if (item === undefined) return [];
  if (caller === null && isQuestion(item.what))
    throw new AskCodexError("refused", `the run ${run.runId} asks, and waits for an answer`, {
      hint: `ask_codex --session ${run.runId} "…"`,
    });
  const { claim } = latestClaim(run.dir, item.what);
  if (whatToDo({ ...item, claim }, caller, { isAlive, now: Date.now() }) === "leave")
    throw new AskCodexError(
      "refused",
      `what the run ${run.runId} has to tell is for the Claude session ${(claim ?? item.claude)?.session}, which is there to read it`,
      { hint: `codex_runs result ${run.runId} shows it to anybody` },
    );
  return [item];
}

const isQuestion = (what: string): boolean => what.startsWith("question:");
