import { shortLine } from "../../core/one-line.ts";
import type { UndonePath, UndoRound } from "../../core/undo.ts";
import { oneLinePath } from "../render-receipt.ts";

/** What `codex_runs undo` did, or would do. */
export interface UndoReport extends UndoRound {
  run_id: string;
  dry_run: boolean;
  notes: readonly string[];
}

/** Claude Code shows 2 KB of what is too long; counted in bytes. */
const MAX_BYTES = 1_900;
const PATH_CHARS = 160;

/** The counts first, then what was left alone, then what was restored; nothing of a path can begin a line. */
export function renderUndo(report: UndoReport): string {
  const { restored, already, conflicts, not_kept: notKept } = report;
  const lines = [
    ...conflicts.map((one) => `[CONFLICT] ${nameOf(one)}: ${shortLine(one.reason, PATH_CHARS)}`),
    ...notKept.map((one) => `[NOT_KEPT] ${nameOf(one)}: ${shortLine(one.reason, PATH_CHARS)}`),
    ...restored.map((one) => `[${report.dry_run ? "WOULD_RESTORE" : "RESTORED"}] ${nameOf(one)} (was ${one.change})`),
  ];
  const head = [
    `run_id=${report.run_id}`,
    `undo=${wordFor(report)}`,
    `restored=${report.dry_run ? 0 : restored.length}`,
    ...(report.dry_run ? [`would_restore=${restored.length}`] : []),
    `already=${already.length}`,
    `conflicts=${conflicts.length}`,
    `not_kept=${notKept.length}`,
    ...report.notes.map((note) => `note: ${note}`),
  ];
  return withinSize(head, lines);
}

function wordFor({ dry_run: dryRun, restored, conflicts, not_kept: notKept }: UndoReport): string {
  if (dryRun) return "dry-run";
  if (conflicts.length + notKept.length > 0) return restored.length > 0 ? "partial" : "left-alone";
  return restored.length > 0 ? "done" : "nothing-to-do";
}

const nameOf = ({ path, from }: UndonePath): string =>
  `${cut(oneLinePath(path))}${from === undefined ? "" : ` (from ${cut(oneLinePath(from))})`}`;

const cut = (text: string): string => (text.length > PATH_CHARS ? `${text.slice(0, PATH_CHARS - 1)}…` : text);

/** The head whole, of the lines what fits. */
function withinSize(head: readonly string[], lines: readonly string[]): string {
  let bytes = Buffer.byteLength(head.join("\n"));
  const kept = lines.filter((line) => {
    bytes += Buffer.byteLength(line) + 1;
    return bytes <= MAX_BYTES;
  });
  const hidden = lines.length - kept.length;
  const rest = hidden > 0 ? [`… and ${hidden} more; --json names all of them`] : [];
  return `${[...head, ...(lines.length > 0 ? [""] : []), ...kept, ...rest].join("\n")}\n`;
}
