import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeLedger, ledgerDir, readLedger } from "../../../src/review/ledger-file.ts";
import type { Ledger, LedgerEntry } from "../../../src/review/ledger-state.ts";
import { unwaive, waive } from "../../../src/review/waive.ts";
import { race } from "../sys/race.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { REVIEW_ID } from "./sample-review.ts";

const WORKSPACE = "/work/a project";
const owner = (branch: string | null = "main", head: string | null = null, home = join(tempDir(), "state")) => ({
  ...{ home, workspace: WORKSPACE, branch, head },
});
const entry = (over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...{ id: "f-abcdefgh", file: "src/a.ts", line: 1, severity: "low", claim: "It leaks.", anchors: [], kind: "native" },
  ...{ focus: null, first: REVIEW_ID, last: REVIEW_ID, fixed_in: null, waived: null },
  ...over,
});
const withEntry =
  (over: Partial<LedgerEntry> = {}) =>
  (ledger: Ledger): Ledger => ({
    ...ledger,
    entries: [...ledger.entries, entry(over)],
  });

test("a branch that nobody reviewed has an empty ledger, and looking makes no file", () => {
  const mine = owner();
  expect(readLedger(mine)).toEqual({ version: 1, branch: "main", head: null, entries: [] });
  expect(changeLedger(mine, (ledger) => ledger).entries).toEqual([]);
  expect(() => statSync(mine.home)).toThrow("ENOENT");
});

test("each branch, and each commit of a detached HEAD, has its own", () => {
  const home = join(tempDir(), "state");
  const owners = [
    owner("main", "a".repeat(40), home),
    owner("Main", "a".repeat(40), home),
    owner("feature/x", null, home),
    owner("feature-x", null, home),
    owner("../../../etc", null, home),
    owner("日本語", null, home),
    owner(`x${"y".repeat(240)}`, null, home),
    owner(null, "a".repeat(40), home),
    owner(null, "b".repeat(40), home),
    owner(null, null, home),
  ];
  const dirs = owners.map(ledgerDir);
  // Also where a disk takes two cases for one.
  expect(new Set(dirs.map((dir) => dir.toLowerCase())).size).toBe(owners.length);
  for (const [at, mine] of owners.entries()) changeLedger(mine, withEntry({ id: `f-${at}` }));
  for (const [at, mine] of owners.entries()) expect(readLedger(mine).entries.map(({ id }) => id)).toEqual([`f-${at}`]);
  expect(readdirSync(join(dirs[0] ?? "", "..")).length).toBe(owners.length);
});

test("only its user can read it, secrets are not in it, and eight old states are kept", () => {
  const mine = owner();
  const secret = `ghp_${"a1B2".repeat(9)}`;
  for (let at = 0; at < 20; at++)
    changeLedger(mine, withEntry({ id: `f-${at}`, claim: `The key ${secret} is in it.` }));
  const dir = ledgerDir(mine);
  const names = readdirSync(dir);
  expect(names.length).toBe(9);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "20.json")).mode & 0o777).toBe(0o600);
  expect(names.map((name) => readFileSync(join(dir, name), "utf8")).join("")).not.toContain(secret);
  expect(readLedger(mine).entries).toHaveLength(20);
});

test("6 processes at once lose nothing", async () => {
  const { home } = owner();
  const argvs = Array.from({ length: 6 }, (_, nth) => [home, WORKSPACE, `racer${nth}`, "4"]);
  const ends = await race(join(import.meta.dirname, "ledger-racer.ts"), argvs);
  expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
  const { entries } = readLedger(owner("main", null, home));
  const expected = argvs.flatMap(([, , name]) =>
    [0, 1, 2, 3].map((nth) => `src/${name}-${nth}.ts: reason of ${name}-${nth}`),
  );
  expect(entries.map(({ file, waived }) => `${file}: ${waived?.reason}`).toSorted()).toEqual(expected.toSorted());
});

test.each<[what: string, text: string, says: RegExp]>([
  ["junk", "not json", /3\.json is not what ask-codex wrote; it was left alone/],
  ["empty", "", /3\.json is not what ask-codex wrote; it was left alone/],
  ["half", '{"version": 1, "branch": "main", "head"', /3\.json is not what ask-codex wrote; it was left alone/],
  ["of another kind", '{"version": 1, "runs": []}', /3\.json is not what ask-codex wrote; it was left alone/],
  ["of tomorrow", '{"version": 2, "entries": []}', /3\.json was written by a newer ask-codex/],
])("a ledger that is %s is named and left alone", (_, text, says) => {
  const mine = owner();
  changeLedger(mine, withEntry());
  const path = join(ledgerDir(mine), "3.json");
  writeFileSync(path, text);
  expect(() => readLedger(mine)).toThrow(says);
  expect(() => changeLedger(mine, withEntry())).toThrow(says);
  expect(readFileSync(path, "utf8")).toBe(text);
  expect(readdirSync(ledgerDir(mine)).toSorted()).toEqual(["1.json", "3.json"]);
});

test("a link that leads nowhere, and a file in the place of the folder, are named", () => {
  const mine = owner();
  mkdirSync(ledgerDir(mine), { recursive: true });
  symlinkSync("/nowhere/at/all", join(ledgerDir(mine), "1.json"));
  expect(() => readLedger(mine)).toThrow("1.json");
  const other = owner();
  mkdirSync(join(ledgerDir(other), ".."), { recursive: true });
  writeFileSync(ledgerDir(other), "");
  expect(() => changeLedger(other, withEntry())).toThrow(ledgerDir(other));
});

test("a finding is waived with a reason, and that can be taken back", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const ledger = withEntry()(readLedger(owner()));
  const waived = waive(ledger, "f-abcdefgh", "the\n key is of a test", now);
  expect(waived.entries[0]?.waived).toEqual({ reason: "the key is of a test", at: now.toISOString() });
  expect(waive(waived, "f-abcdefgh", "the key is of a test", new Date())).toBe(waived);
  expect(waive(waived, "f-abcdefgh", "another reason", now).entries[0]?.waived?.reason).toBe("another reason");
  expect(unwaive(waived, "f-abcdefgh")).toEqual(ledger);
  expect(() => unwaive(ledger, "f-abcdefgh")).toThrow("f-abcdefgh is not waived");
  expect(() => waive(ledger, "f-nobodyss", "why", now)).toThrow(
    "no finding f-nobodyss in the ledger of the branch main",
  );
  expect(() => waive(ledger, "f-abcdefgh", " \u001b\n ", now)).toThrow("a waiver needs a reason");
  expect(() => unwaive(readLedger(owner(null, "a")), "__proto__")).toThrow("in the ledger of this detached HEAD");
});
