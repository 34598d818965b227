import type { AuditChange } from "../core/policy.ts";
import type { TouchedCheck } from "../core/verification.ts";
import { CHECK_READS, type CheckReads } from "./check-reads.ts";
import { type CheckWords, isNamed, wordsOf } from "./check-words.ts";

type Change = Pick<AuditChange, "path" | "change" | "from">;

/**
 * The files that the checks read and the run changed, by path. A pass says less then; whether it is a new test or a
 * bent one is for the reader to judge.
 *
 * Which files a check reads can't be known exactly: a program reads what it likes, a script that `npm test` names may
 * start any other, and a tracer would not see what a cache answers. These are the ones that its command names, and
 * those that its programs are known to read.
 */
export function touchedChecks(checks: readonly string[], changed: readonly Change[]): TouchedCheck[] {
  const readers = checks.map((check) => readerOf(check));
  return changed
    .map(({ path, change, from }) => ({
      path,
      change,
      checks: readers
        .filter(({ reads }) => reads(path) || (from !== undefined && reads(from)))
        .map(({ check }) => check),
    }))
    .filter((touched) => touched.checks.length > 0)
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function readerOf(check: string): { check: string; reads: (path: string) => boolean } {
  const words = wordsOf(check);
  const programs = programsOf(words);
  const rows = CHECK_READS.filter((row: CheckReads) => row.programs.some((name) => programs.has(name)));
  return { check, reads: (path) => isNamed(path, words) || rows.some((row) => row.files.test(path)) };
}

/** `node_modules/.bin/vitest`, `npm.cmd` and `python3.12` are the programs that they look like. */
function programsOf({ words }: CheckWords): Set<string> {
  const programs = new Set<string>();
  for (const [at, word] of words.entries()) {
    const name = word.slice(word.lastIndexOf("/") + 1).replace(/\.(?:exe|cmd|bat|ps1)$/i, "");
    programs
      .add(name)
      .add(name.replace(/(?<=^python\d?)[\d.]+$/, ""))
      .add(name.replace(/@[^@]*$/, ""));
    if (/\.(?:sh|bash|zsh)$/.test(word) || (at === 0 && word.includes("/"))) programs.add("script");
  }
  return programs;
}
