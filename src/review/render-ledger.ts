import { shortLine } from "../core/one-line.ts";
import { bytesOf, fitBlocks } from "./fit-blocks.ts";
import { entryState, type Ledger, type LedgerEntry } from "./ledger-state.ts";
import { placeText } from "./render-review.ts";

const ORDER = ["open", "waived", "fixed"] as const;

/** The findings of a branch so far: what is open first, of each kind the latest first. */
export function renderLedger(ledger: Ledger, maxBytes: number): string {
  const entries = sorted(ledger);
  const inState = (state: (typeof ORDER)[number]) => entries.filter((entry) => entryState(entry) === state).length;
  const head = [
    ledger.branch === null ? `head=${ledger.head ?? ""}` : `branch=${shortLine(ledger.branch, 300)}`,
    `findings=${entries.length} (${ORDER.map((state) => `${state} ${inState(state)}`).join(", ")})`,
    "",
  ];
  const blocks = entries.map((entry) => [entryLine(entry)]);
  const lines = fitBlocks(blocks, maxBytes - bytesOf(head), (left) => `… and ${left} more: --json shows all`);
  return `${[...head, ...lines].join("\n").trimEnd()}\n`;
}

/** The ledger for programs; each finding with its state as a word. */
export const ledgerJson = (ledger: Ledger) => ({
  branch: ledger.branch,
  head: ledger.head,
  findings: sorted(ledger).map((entry) => {
    const { anchors: _, ...told } = entry;
    return { state: entryState(entry), ...told };
  }),
});

const sorted = ({ entries }: Ledger): LedgerEntry[] =>
  entries.toSorted(
    (one, other) =>
      ORDER.indexOf(entryState(one)) - ORDER.indexOf(entryState(other)) || other.last.localeCompare(one.last, "en"),
  );

function entryLine(entry: LedgerEntry): string {
  const { id, severity, claim, first, last, fixed_in: fixed, waived } = entry;
  const seen = `seen in ${first}${first === last ? "" : ` … ${last}`}${fixed === null ? "" : `, fixed in ${fixed}`}`;
  const place = placeText({ ...entry, end_line: null });
  const why = waived ? ` — ${shortLine(waived.reason, 160)}` : "";
  return `- ${id} ${entryState(entry)} **${severity}** ${place}: ${shortLine(claim, 200)} (${seen})${why}`;
}
