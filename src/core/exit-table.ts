/** How a run can end, each with its exit code, what it means and what the architect does then. DESIGN: one table, rendered everywhere. */
export const EXIT_TABLE = [
  { verdict: "cancelled", exit: 130, meaning: "stopped on request", next: "nothing, or start again" },
  {
    verdict: "killed",
    exit: 137,
    meaning: "Codex was killed (out of memory, kill -9)",
    next: "resume with the printed command",
  },
  {
    verdict: "lost",
    exit: 137,
    meaning: "the broker was killed (kill -9, reboot)",
    next: "resume with the printed command",
  },
  {
    verdict: "fatal",
    exit: 3,
    meaning: "can't work now: connection, login, service, usage limit, unknown model, Codex missing or too old",
    next: "report, don't retry",
  },
  {
    verdict: "timeout",
    exit: 2,
    meaning: "a limit fired and the grace window passed; partial output kept",
    next: "split, raise the limit, or take over",
  },
  { verdict: "violation", exit: 5, meaning: "it changed what it may not", next: "stop, show the user" },
  { verdict: "question", exit: 4, meaning: "Codex asks something", next: "answer with --session" },
  { verdict: "blocked", exit: 4, meaning: "Codex can't go on without you", next: "clear the way, then --session" },
  {
    verdict: "failed",
    exit: 1,
    meaning: "Codex reported an error, said partial, or left nothing usable",
    next: "simplify or split",
  },
  {
    verdict: "unverified",
    exit: 6,
    meaning: "our run of the checks failed, or the answer breaks the schema",
    next: "review loop",
  },
  {
    verdict: "done",
    exit: 0,
    meaning: "the turn completed, policy held, every check passed",
    next: "read the changed files, go on",
  },
] as const;

/** The ends that have no run behind them: nothing was started. */
export const START_TABLE = [
  { verdict: "usage", exit: 64, meaning: "bad input; nothing started", next: "correct the call" },
  { verdict: "refused", exit: 75, meaning: "not now; nothing started", next: "wait for what the sentence names" },
] as const;

export type Verdict = (typeof EXIT_TABLE)[number]["verdict"];
export type StartVerdict = (typeof START_TABLE)[number]["verdict"];
export type AnyVerdict = Verdict | StartVerdict;

const EXITS = new Map<string, number>([...EXIT_TABLE, ...START_TABLE].map((row) => [row.verdict, row.exit]));

/** The exit code of a verdict; a word outside the table can't happen by type and counts as failed. */
export const exitCodeOf = (verdict: AnyVerdict): number => EXITS.get(verdict) ?? 1;

/** Of several verdicts that hold, the one that is said: the table is in order of precedence. */
export function firstVerdict(holding: ReadonlySet<Verdict>): Verdict {
  return EXIT_TABLE.find((row) => holding.has(row.verdict))?.verdict ?? "done";
}
