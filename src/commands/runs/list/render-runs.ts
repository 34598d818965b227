import { basename } from "node:path";
import { shortLine } from "../../../core/one-line.ts";
import { shortTime } from "../../broker/short-time.ts";
import { oneLinePath } from "../../render-receipt.ts";
import type { BriefRun } from "./brief-run.ts";
import { columns, shortCount } from "./columns.ts";
import type { FoundRuns } from "./find-runs.ts";
import { shortMinuteOf, waitingText } from "./waiting-text.ts";

const HEAD = ["run", "state", "age", "took", "role", "tokens", "goal"];
/** Less of a goal says nothing, however narrow the terminal is. */
const LEAST_CHARS = 12;
const SEEN_MORE = "--limit 0 lists all";

/** One line a run, no wider than `width` where the goal can be cut for it. Without a workspace each names its own. */
export function renderRuns(
  { runs, more, moreLive }: FoundRuns,
  about: { workspace: string | undefined; width: number; clockMs: number; breaker: string | undefined },
): string {
  const breaker = about.breaker === undefined ? [] : [about.breaker];
  if (runs.length === 0) return [...breaker, noRuns(about.workspace), ""].join("\n");
  const rows = runs.map((run) => rowOf(run, about.clockMs));
  const heads = columns([HEAD, ...rows].map((row) => [...row.slice(0, -1), ""]));
  const room = Math.max(LEAST_CHARS, about.width - (heads[0]?.length ?? 0));
  const texts = ["goal", ...runs.map((run) => textOf(run, about.workspace === undefined, about.clockMs))];
  const lines = heads.map((head, at) => `${head}${shortLine(texts[at] ?? "", room)}`.trimEnd());
  const unread = runs.filter((run) => run.state === "unreadable").length;
  return [
    ...breaker,
    ...lines,
    ...(unread > 0 ? [`${unread} can't be read: codex_runs show ID says why`] : []),
    ...(more > 0 ? [`and ${more} older${moreLive > 0 ? `, ${moreLive} of them not ended` : ""}; ${SEEN_MORE}`] : []),
    "",
  ].join("\n");
}

const noRuns = (workspace: string | undefined): string =>
  workspace === undefined
    ? "no such runs"
    : `no such runs in ${oneLinePath(workspace)}; --all lists those of every workspace`;

function rowOf(run: BriefRun, clockMs: number): string[] {
  const { tokens, created_at: created, elapsed_ms: elapsed } = run;
  return [
    run.run_id,
    run.verdict ?? run.state,
    created === null ? "-" : shortTime(clockMs - Date.parse(created)),
    elapsed === null ? "-" : shortTime(elapsed),
    run.role ?? "-",
    tokens === null ? "-" : shortCount(tokens.input + tokens.output),
    "",
  ];
}

/** What counts most about a run at this moment: why it waits, what it asks, what is wrong with it, else its goal. */
function textOf(run: BriefRun, named: boolean, clockMs: number): string {
  const place = named && run.workspace !== null ? `${oneLinePath(basename(run.workspace))}: ` : "";
  if (run.state === "unreadable") return `${place}${run.reason ?? ""}`;
  if (run.question !== null) return `${place}[asks] ${run.question}`;
  if (run.waiting === null) return `${place}${run.goal}`;
  return `${place}[${waitingText(run.waiting, (at) => shortMinuteOf(at, clockMs))}] ${run.goal}`;
}
