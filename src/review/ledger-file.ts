import { createHash } from "node:crypto";
import { join } from "node:path";
import { AskCodexError } from "../core/errors.ts";
import { latestNumber, numberedPath, putNumbered, TRIES } from "../run/numbered-file.ts";
import { parseFile, parseIfThere } from "../run/record.ts";
import { makeLastingDir } from "../sys/lasting-files.ts";
import { workspaceDir } from "../sys/paths.ts";
import { Ledger } from "./ledger-state.ts";

/** Whose ledger: a branch's, or that of the commit where HEAD is detached. */
export interface LedgerOwner {
  home: string;
  workspace: string;
  branch: string | null;
  head: string | null;
}

export const reviewsDir = (home: string, workspace: string): string => join(workspaceDir(home, workspace), "reviews");

/** A branch's name may hold what no file name can, and differ from another by its case alone. */
export function ledgerDir({ home, workspace, branch, head }: LedgerOwner): string {
  const name = branch === null ? `commit:${head ?? ""}` : `branch:${branch}`;
  const slug = (branch ?? `commit-${(head ?? "none").slice(0, 12)}`).replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 40);
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return join(
    reviewsDir(home, workspace),
    "ledgers",
    `${slug.toLowerCase().replace(/^-|-$/g, "") || "branch"}-${hash}`,
  );
}

/** The ledger as it is now; one that was damaged is named by the error, and left alone. */
export const readLedger = (owner: LedgerOwner): Ledger => latest(owner).ledger;

/**
 * Changes the ledger by `change` until nobody came between, and gives the state that counts then; the same state means
 * that there is nothing to write. Each state is a file with the next number, which one process can make: no lock can be
 * left behind.
 */
export function changeLedger(owner: LedgerOwner, change: (ledger: Ledger) => Ledger): Ledger {
  for (let tries = 0; tries < TRIES; tries++) {
    const { number, ledger } = latest(owner);
    const next = change(ledger);
    if (next === ledger || put(ledgerDir(owner), number, next)) return next;
  }
  throw new AskCodexError(
    "failed",
    `the ledger ${ledgerDir(owner)} could not be written: others write it all the time`,
  );
}

function latest(owner: LedgerOwner): { number: number; ledger: Ledger } {
  const dir = ledgerDir(owner);
  for (;;) {
    const number = latestNumber(dir);
    if (number === 0)
      return {
        number,
        ledger: { version: 1, branch: owner.branch, head: owner.branch === null ? owner.head : null, entries: [] },
      };
    const ledger = parseIfThere(numberedPath(dir, number), Ledger);
    if (ledger) return { number, ledger };
    // One that went meanwhile was an old one; a link that leads nowhere is no ledger.
    if (latestNumber(dir) === number) return { number, ledger: parseFile(numberedPath(dir, number), Ledger) };
  }
}

function put(dir: string, seen: number, next: Ledger): boolean {
  makeLastingDir(dir);
  return putNumbered(dir, seen, next, Ledger);
}
