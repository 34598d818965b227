import { describe, expect, test } from "vitest";
import { claimWords, likeness } from "../../../src/review/claim-words.ts";
import { mergeClaims, type PlacedClaim } from "../../../src/review/merge-claims.ts";

const claim = (text: string, over: Partial<PlacedClaim> = {}): PlacedClaim => ({
  severity: "medium",
  file: "src/a.ts",
  line: 10,
  end_line: 10,
  claim: text,
  evidence: `evidence of: ${text}`,
  suggestion: "",
  run_id: "r-1",
  place: "change",
  ...over,
});
const lines = (line: number | null, end_line = line) => ({ line, end_line });

describe("one finding", () => {
  test.each<[one: string, other: string]>([
    ["The token is compared with ==.", "The token is compared with `==`."],
    ["Missing null check on user", "No null check for the user"],
    ["SQL injection through the name parameter", "SQL injection: the name parameter is put into the query"],
    ["`average()` divides by zero when the list is empty", "Division by zero in `average` for an empty list"],
    ["The file handle is never closed", "File handle leaks because it is never closed"],
    ["`parseConfig` crashes on empty input", "parseConfig throws when its input is empty"],
    ["The password is logged in plain text", "Password is written to the log in plain text"],
    [
      "Race condition between check and write of the lock file",
      "Concurrent writers race on the lock file between check and write",
    ],
    ["Missing await on `save()`", "`save()` is not awaited: missing await"],
    ["The promise returned by `flush()` is ignored", "`flush()` returns a promise that is ignored"],
  ])("%j is %j", (one, other) => {
    expect(mergeClaims([claim(one), claim(other, { run_id: "r-2" })])).toHaveLength(1);
    expect(mergeClaims([claim(other), claim(one, { run_id: "r-2" })])).toHaveLength(1);
  });

  test.each<[one: Partial<PlacedClaim>, other: Partial<PlacedClaim>, merged: object]>([
    [lines(10, 12), lines(12, 20), lines(10, 20)],
    [lines(10, 12), lines(13, 13), lines(10, 13)],
    [lines(30), lines(30), lines(30)],
    [lines(null), lines(null), lines(null)],
    [{ ...lines(null), file: null }, { ...lines(null), file: null }, { file: null }],
    [{ severity: "low" }, { severity: "critical" }, { severity: "critical" }],
    [{ place: "file" }, { place: "change" }, { place: "change" }],
  ])("%j and %j", (one, other, merged) => {
    const text = "The file handle is never closed";
    for (const pair of [
      [one, other],
      [other, one],
    ])
      expect(mergeClaims(pair.map((over) => claim(text, over)))).toMatchObject([merged]);
  });

  test("has the worst severity and both evidences, the worse first", () => {
    const low = claim("The file handle is never closed", {
      severity: "low",
      evidence: "line 3",
      suggestion: "close it",
    });
    const high = claim("File handle is never closed", {
      severity: "high",
      evidence: "open() at 10",
      suggestion: "close it",
    });
    expect(mergeClaims([low, high])).toEqual([{ ...high, evidence: "open() at 10\n\nline 3" }]);
  });

  test("says what both say once", () => {
    const same = [claim("It leaks", { evidence: "Here it  is." }), claim("It leaks", { evidence: "here it is." })];
    expect(mergeClaims(same)[0]?.evidence).toBe("Here it  is.");
  });
});

describe("two findings", () => {
  test.each<[one: string, other: string]>([
    ["`user` may be null", "`order` may be null"],
    ["user may be null here", "order may be null here"],
    ["Missing null check for name", "Missing null check for email"],
    ["`load()` ignores the result of `fetchUser`", "`load()` ignores the result of `saveUser`"],
    ["The upper bound is not checked", "The lower bound is not checked"],
    [
      "The upper bound of the page number is not compared with the total count of rows",
      "The lower bound of the page number is not compared with the total count of rows",
    ],
    ["Reads before the lock is taken", "Writes before the lock is taken"],
    ["Answers 404 where 401 is right", "Answers 500 where 503 is right"],
    ["The retry waits 10 seconds", "The retry waits 100 seconds"],
    ["`user.name` is not escaped", "`user.email` is not escaped"],
    ["SQL injection through the name parameter", "The name parameter is logged in plain text"],
    ["The token is compared with ==", "The token never expires"],
    ["Missing await on `save()`", "`save()` swallows the error"],
    ["The first element is skipped", "The last element is skipped"],
    ["The file handle is never closed", "The file is read as a whole into memory"],
    ["Off by one at the start of the range", "Off by one at the end of the range"],
    ["Cross-site scripting in the title", "Missing translation of the title"],
  ])("%j is not %j", (one, other) => {
    expect(mergeClaims([claim(one), claim(other)])).toHaveLength(2);
    expect(mergeClaims([claim(other), claim(one)])).toHaveLength(2);
  });

  test.each<[what: string, one: Partial<PlacedClaim>, other: Partial<PlacedClaim>]>([
    ["in two files", {}, { file: "src/b.ts" }],
    ["in a file and in none", {}, { file: null, line: null }],
    ["two lines apart", lines(10), lines(12)],
    ["with a line and without", lines(10), lines(null)],
  ])("%s", (_, one, other) => {
    const text = "The file handle is never closed";
    expect(mergeClaims([claim(text, one), claim(text, other)])).toHaveLength(2);
  });

  test("a chain of neighbours is not one", () => {
    const chain = [10, 11, 12, 13, 14].map((line) => claim("The file handle is never closed", lines(line)));
    expect(mergeClaims(chain).map(({ line, end_line }) => [line, end_line])).toEqual([
      [10, 11],
      [12, 13],
      [14, 14],
    ]);
  });
});

test("merging what was merged changes nothing, and loses no evidence", () => {
  const words = ["token", "null", "leaks", "`user`", "`order`", "never", "closed", "handle", "404", "first", "last"];
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let round = 0; round < 200; round++) {
    const claims = Array.from({ length: 12 }, (_, at) =>
      claim(Array.from({ length: 1 + next(4) }, () => words[next(words.length)]).join(" "), {
        ...lines(1 + next(6)),
        evidence: `<${at}>`,
      }),
    );
    const merged = mergeClaims(claims);
    const evidence = merged.map((one) => one.evidence).join("\n");
    for (let at = 0; at < claims.length; at++) expect(evidence).toContain(`<${at}>`);
  }
});

test("likeness is the same both ways, and whole for the same text", () => {
  const texts = ["`a` leaks", "it leaks", "the first `b()` is null", "", "404", "The lower bound", "é ü 漢字 かな"];
  for (const one of texts)
    for (const other of texts) {
      const [a, b] = [claimWords(one), claimWords(other)];
      expect(likeness(a, b)).toBe(likeness(b, a));
      if (one === other) expect(likeness(a, b)).toBe(1);
    }
});
