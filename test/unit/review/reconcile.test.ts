import { describe, expect, test } from "vitest";
import { anchorsOf, isFindingId } from "../../../src/review/fingerprint.ts";
import type { Ledger } from "../../../src/review/ledger-state.ts";
import type { PlacedClaim } from "../../../src/review/merge-claims.ts";
import { reconcile, type Sighting } from "../../../src/review/reconcile.ts";
import { waive } from "../../../src/review/waive.ts";
import { standingLines, wasLookedAt } from "../../../src/review/was-looked-at.ts";

const EMPTY: Ledger = { version: 1, branch: "main", head: null, entries: [] };
const reviewId = (nth: number) => `v-20261121-12000${nth}-aaaa`;

const TEXT = [
  "export function average(list: number[]): number {",
  "  const sum = list.reduce((all, one) => all + one, 0);",
  "  return sum / list.length;",
  "}",
  "",
  "export function find(db: Db, name: string) {",
  "  return db.query('select * from users where name = ' + name);",
  "}",
];

/** A claim about the line of `text` that holds `needle`. */
function found(claim: string, needle: string | null, text: readonly string[] = TEXT, over: Partial<PlacedClaim> = {}) {
  const at = needle === null ? -1 : text.findIndex((line) => line.includes(needle));
  const line = at < 0 ? null : at + 1;
  const placed: PlacedClaim = {
    severity: "high",
    file: "src/a.ts",
    line,
    end_line: line,
    claim,
    evidence: "",
    suggestion: "",
    run_id: "r-1",
    place: "change",
    ...over,
  };
  return { claim: placed, anchors: anchorsOf(placed, text) };
}

const sighting = (nth: number, list: Sighting["found"], over: Partial<Sighting> = {}): Sighting => ({
  reviewId: reviewId(nth),
  kind: "native",
  focus: null,
  found: list,
  renamed: new Map(),
  lookedAt: () => true,
  ...over,
});

const DIVIDES = found("`average()` divides by zero when the list is empty", "list.length");
const INJECTION = found("SQL injection through the name parameter", "db.query");
const first = reconcile(EMPTY, sighting(1, [DIVIDES, INJECTION]));
const idOf = (claim: string) => first.findings.find((one) => one.claim === claim)?.id ?? "";

test("what nobody has seen is new, with an id of its own", () => {
  expect(first.findings.map(({ state }) => state)).toEqual(["new", "new"]);
  expect(first.findings.every(({ id }) => isFindingId(id))).toBe(true);
  expect(first.findings[0]?.id).not.toBe(first.findings[1]?.id);
});

test("the same review told again changes nothing, not even the object", () => {
  const again = reconcile(first.ledger, sighting(1, [DIVIDES, INJECTION]));
  expect(again.ledger).toBe(first.ledger);
  expect(again.findings).toEqual(first.findings);
});

describe("a finding is known again", () => {
  const moved = ["// a licence", "// of three", "// lines", "", ...TEXT];
  const indented = TEXT.map((line) => `\t\t${line.trim()}`);
  const rewritten = TEXT.map((line) =>
    line.replace("return sum / list.length", "const mean = sum / list.length; return mean"),
  );

  test.each<[what: string, again: ReturnType<typeof found>]>([
    ["as it was", DIVIDES],
    ["moved", found(DIVIDES.claim.claim, "list.length", moved)],
    ["indented in another way", found(DIVIDES.claim.claim, "list.length", indented)],
    ["reworded", found("Division by zero for an empty list in `average`", "list.length")],
    [
      "moved and reworded",
      found("Returns NaN: average divides by the zero length of empty lists", "list.length", moved),
    ],
    ["with its line rewritten", found("average() divides by zero if the list is empty", "list.length", rewritten)],
    [
      "with the lines of another range",
      { ...found(DIVIDES.claim.claim, "list.length"), anchors: anchorsOf({ line: 2, end_line: 4 }, TEXT) },
    ],
    ["without a line", found(DIVIDES.claim.claim, null)],
    ["with another severity", found(DIVIDES.claim.claim, "list.length", TEXT, { severity: "low" })],
  ])("%s", (_, again) => {
    const second = reconcile(first.ledger, sighting(2, [again]));
    expect(second.findings).toMatchObject([{ id: idOf(DIVIDES.claim.claim), state: "repeated" }]);
    expect(second.fixed.map(({ id }) => id)).toEqual([idOf(INJECTION.claim.claim)]);
  });

  test.each<[what: string, other: ReturnType<typeof found>]>([
    ["another claim on the same line", found("`average()` has no test", "list.length")],
    ["the same words in another file", found(DIVIDES.claim.claim, "list.length", TEXT, { file: "src/b.ts" })],
    ["about the change as a whole", found(DIVIDES.claim.claim, null, TEXT, { file: null })],
    ["about another function", found("`median()` divides by zero when the list is empty", "list.reduce")],
    ["a new finding in the line of an old one", found("The query is not limited to one row", "db.query")],
  ])("but not: %s", (_, other) => {
    expect(reconcile(first.ledger, sighting(2, [other])).findings).toMatchObject([{ state: "new" }]);
  });

  test("each of twins is itself, however they have moved", () => {
    const twins = ["const a = JSON.parse(first);", "", "", "", "", "const b = JSON.parse(second);"];
    const one = found("JSON.parse may throw", "first", twins);
    const other = found("JSON.parse may throw", "second", twins);
    const start = reconcile(EMPTY, sighting(1, [one, other]));
    expect(new Set(start.findings.map(({ id }) => id)).size).toBe(2);
    const later = reconcile(
      start.ledger,
      sighting(2, [found("JSON.parse may throw", "second", ["", ...twins.slice(4)])]),
    );
    expect(later.findings).toMatchObject([{ id: start.findings[1]?.id, state: "repeated" }]);
    expect(later.fixed.map(({ id }) => id)).toEqual([start.findings[0]?.id]);
  });

  test("under the new name of its file", () => {
    const again = found(DIVIDES.claim.claim, "list.length", TEXT, { file: "src/math.ts" });
    const renamed = new Map([["src/a.ts", "src/math.ts"]]);
    const second = reconcile(first.ledger, sighting(2, [again], { renamed }));
    expect(second.findings).toMatchObject([{ id: idOf(DIVIDES.claim.claim), state: "repeated", file: "src/math.ts" }]);
    expect(second.fixed).toMatchObject([{ id: idOf(INJECTION.claim.claim) }]);
    const third = reconcile(second.ledger, sighting(3, [again]));
    expect(third.findings).toMatchObject([{ id: idOf(DIVIDES.claim.claim), state: "repeated" }]);
  });

  test("after it was fixed, with its old id", () => {
    const second = reconcile(first.ledger, sighting(2, []));
    const third = reconcile(second.ledger, sighting(3, [INJECTION]));
    expect(third.findings).toMatchObject([{ id: idOf(INJECTION.claim.claim), state: "repeated" }]);
    expect(third.fixed).toEqual([]);
    expect(third.ledger.entries.find(({ id }) => id === idOf(INJECTION.claim.claim))?.fixed_in).toBeNull();
  });
});

describe("fixed", () => {
  const fixed = (over: Partial<Sighting>, list: Sighting["found"] = []) =>
    reconcile(first.ledger, sighting(2, list, over)).fixed.length;

  test.each<[what: string, over: Partial<Sighting>, count: number]>([
    ["both are gone", {}, 2],
    ["nobody looked", { lookedAt: () => false }, 0],
    ["one file was looked at", { lookedAt: ({ claim }) => claim === INJECTION.claim.claim }, 1],
    ["by another kind of review", { kind: "adversarial" }, 0],
    ["by a review with a focus", { focus: "only the database" }, 0],
    ["by an older review", { reviewId: reviewId(0) }, 0],
  ])("%s", (_, over, count) => expect(fixed(over)).toBe(count));

  test("is told once, by the review that saw it, and again if that is asked again", () => {
    const second = reconcile(first.ledger, sighting(2, [DIVIDES]));
    expect(second.fixed).toHaveLength(1);
    const third = reconcile(second.ledger, sighting(3, [DIVIDES]));
    expect(third.fixed).toEqual([]);
    const again = reconcile(third.ledger, sighting(2, [DIVIDES]));
    expect(again.ledger).toBe(third.ledger);
    expect([again.findings[0]?.state, again.fixed]).toEqual(["repeated", second.fixed]);
  });

  test("is not said of the second wording of what is still there", () => {
    const other = found("Nothing useful comes back for an empty list", "list.length");
    const start = reconcile(EMPTY, sighting(1, [DIVIDES, other]));
    expect(start.ledger.entries).toHaveLength(2);
    expect(reconcile(start.ledger, sighting(2, [DIVIDES])).fixed).toEqual([]);
  });

  test("an old review, collected late, opens nothing again", () => {
    const second = reconcile(first.ledger, sighting(2, []));
    const late = reconcile(second.ledger, sighting(1, [DIVIDES, INJECTION]));
    expect(late.ledger).toBe(second.ledger);
    expect(late.findings.map(({ state }) => state)).toEqual(["new", "new"]);
  });

  test("of 800 that are over, 500 are remembered, and every open one", () => {
    const many = Array.from({ length: 800 }, (_, at) => found(`Finding number ${at} of \`name${at}\``, null));
    const start = reconcile(EMPTY, sighting(1, [...many, DIVIDES]));
    const later = reconcile(start.ledger, sighting(2, [DIVIDES]));
    expect(later.ledger.entries.filter((entry) => entry.fixed_in !== null)).toHaveLength(500);
    expect(later.ledger.entries.some(({ claim }) => claim === DIVIDES.claim.claim)).toBe(true);
  });

  test.each<
    [
      what: string,
      needle: string,
      ranges: [number, number][],
      text: readonly string[] | "missing" | "unreadable" | undefined,
      seen: boolean,
    ]
  >([
    ["the line is gone", "list.length", [[1, 1]], ["other"], true],
    ["the line changed hands", "list.length", [[3, 3]], TEXT, true],
    ["the line stands where nothing changed", "list.length", [[6, 8]], TEXT, false],
    ["the line stands, and nothing changed", "list.length", [], TEXT, false],
    ["the file is gone", "list.length", [], "missing", true],
    ["nobody read the file", "list.length", [[1, 8]], undefined, false],
    ["it had no line", "no such line", [], TEXT, true],
  ])("looked at: %s", (_, needle, ranges, text, seen) => {
    const { anchors } = found("x", needle);
    expect(
      wasLookedAt(anchors, { file: "src/a.ts", ranges }, text === undefined ? undefined : standingLines(text)),
    ).toBe(seen);
  });
});

describe("waived", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const waived = waive(first.ledger, idOf(DIVIDES.claim.claim), "  never\nempty  ", now);

  test("stays waived with its reason", () => {
    const second = reconcile(waived, sighting(2, [DIVIDES, INJECTION]));
    expect(second.findings).toMatchObject([{ state: "waived", waived: "never empty" }, { state: "repeated" }]);
  });

  test("like words at another place are not hidden by it", () => {
    const other = [
      "  const a = readAll(path);",
      ...Array.from({ length: 30 }, () => ""),
      "  return total / rows.length;",
    ];
    const twin = found(DIVIDES.claim.claim, "rows.length", other);
    expect(reconcile(waived, sighting(2, [twin])).findings).toMatchObject([{ state: "new" }]);
  });

  test("another claim about the same line is not hidden by it", () => {
    const other = found("`average()` overflows for huge numbers", "list.length");
    expect(reconcile(waived, sighting(2, [other])).findings).toMatchObject([{ state: "new" }]);
  });
});

test("ids do not depend on the order of words or of findings", () => {
  const one = reconcile(EMPTY, sighting(1, [INJECTION, DIVIDES]));
  expect(one.findings.map(({ id }) => id).toSorted()).toEqual(first.findings.map(({ id }) => id).toSorted());
});
