import { usageError } from "../core/errors.ts";
import { shortLine } from "../core/one-line.ts";
import { redact } from "../core/redact.ts";
import type { Ledger, LedgerEntry } from "./ledger-state.ts";

const REASON_CHARS = 500;

/** From now on the finding changes no verdict on this branch, and is listed with the reason. */
export function waive(ledger: Ledger, id: string, reason: string, now: Date): Ledger {
  const said = shortLine(redact(reason), REASON_CHARS);
  if (said === "")
    throw usageError("a waiver needs a reason", `codex_review --waive ${id} --reason "why it is all right"`);
  return change(ledger, id, (entry) =>
    entry.waived?.reason === said ? entry : { ...entry, waived: { reason: said, at: now.toISOString() } },
  );
}

/** The finding counts again. */
export const unwaive = (ledger: Ledger, id: string): Ledger =>
  change(ledger, id, (entry) => {
    if (entry.waived === null) throw usageError(`${id} is not waived`, "codex_review --ledger shows which are");
    return { ...entry, waived: null };
  });

function change(ledger: Ledger, id: string, act: (entry: LedgerEntry) => LedgerEntry): Ledger {
  const found = ledger.entries.find((entry) => entry.id === id);
  if (!found) {
    const where = ledger.branch === null ? "of this detached HEAD" : `of the branch ${shortLine(ledger.branch, 200)}`;
    throw usageError(
      `there is no finding ${shortLine(id, 40)} in the ledger ${where}`,
      "codex_review --ledger lists them",
    );
  }
  const next = act(found);
  if (next === found) return ledger;
  return { ...ledger, entries: ledger.entries.map((entry) => (entry === found ? next : entry)) };
}
