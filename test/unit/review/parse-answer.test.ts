import { describe, expect, test } from "vitest";
import { findObjects } from "../../../src/review/find-objects.ts";
import { parseAnswer } from "../../../src/review/parse-answer.ts";

const FINDING = {
  title: "[P1] Handle an empty list in average",
  body: "`average([])` divides by zero.",
  confidence_score: 0.9,
  priority: 1,
  code_location: { absolute_file_path: "/w/src/a.ts", line_range: { start: 3, end: 4 } },
};
const native = (over: object = {}) =>
  JSON.stringify({
    findings: [FINDING],
    overall_correctness: "patch is incorrect",
    overall_explanation: "It breaks on nothing.",
    overall_confidence_score: 0.8,
    ...over,
  });
const CLEAN = native({ findings: [], overall_correctness: "patch is correct" });
const CLAIM = {
  severity: "high",
  file: "src/a.ts",
  line: 3,
  end_line: null,
  claim: "It divides by zero.",
  evidence: "`sum / list.length`",
  suggestion: "",
};
const own = (...findings: object[]) => JSON.stringify({ summary: "Looked at it.", findings });

describe("a native answer", () => {
  test("becomes claims in our words", () => {
    expect(parseAnswer(native())).toEqual({
      review: "parsed",
      summary: "It breaks on nothing.",
      claims: [
        {
          severity: "high",
          file: "/w/src/a.ts",
          line: 3,
          end_line: 4,
          claim: "Handle an empty list in average",
          evidence: "`average([])` divides by zero.",
          suggestion: "",
        },
      ],
    });
  });

  test.each<[what: string, answer: string, review: string, claims: number]>([
    ["alone", CLEAN, "parsed", 0],
    ["in a fence", `\`\`\`json\n${CLEAN}\n\`\`\``, "parsed", 0],
    ["behind prose", `I looked at {everything}.\n\nHere it is: ${native()}\n\nDone.`, "parsed", 1],
    ["behind prose with code", `In \`{ "a": 1 }\` and {"b": [}] nothing is wrong.\n${native()}`, "parsed", 1],
    ["with fields that nobody knows", native({ thoughts: { deep: [] } }), "parsed", 1],
    ["correct as a whole, but with a P0", native({ overall_correctness: "patch is correct" }), "parsed", 1],
    ["without a word on the whole, but with findings", native({ overall_correctness: undefined }), "parsed", 1],
    ["incorrect, and nobody says why", native({ findings: [] }), "unparsed", 0],
    ["nothing, and no word on the whole", native({ findings: [], overall_correctness: undefined }), "unparsed", 0],
    ["nothing, and another word on the whole", native({ findings: [], overall_correctness: "correct" }), "unparsed", 0],
    [
      "nothing, and it is not correct",
      native({ findings: [], overall_correctness: "patch is not correct" }),
      "unparsed",
      0,
    ],
    ["two reviews", `${CLEAN}\n${CLEAN}`, "unparsed", 0],
    ["an approval and then the findings", `${CLEAN}\n${native()}`, "unparsed", 0],
    ["a review within another object", JSON.stringify({ result: JSON.parse(CLEAN) }), "unparsed", 0],
    ["a review in a string", JSON.stringify({ text: CLEAN }), "unparsed", 0],
    ["a list", `[${CLEAN}, ${CLEAN}]`, "unparsed", 0],
    ["cut off", native().slice(0, -20), "unparsed", 0],
    ["prose", "Looks good to me! The patch is correct.", "unparsed", 0],
    ["LGTM", "LGTM", "unparsed", 0],
    ["empty", " \n ", "unparsed", 0],
    ["findings that are no list", native({ findings: "none", overall_correctness: "patch is correct" }), "unparsed", 0],
    ["findings null", native({ findings: null, overall_correctness: "patch is correct" }), "unparsed", 0],
    ["one finding among them that says nothing", native({ findings: [FINDING, { title: " " }] }), "unparsed", 0],
    ["one finding among them that is a string", native({ findings: [FINDING, "and more"] }), "unparsed", 0],
    ["one of each form", `${CLEAN}\n${own(CLAIM)}`, "unparsed", 0],
    ["Codex's rendering of it", "bad\n\nReview comment:\n\n- [P1] Bug — path:1-1\n  A bug", "unparsed", 0],
  ])("%s", (_, answer, review, claims) => {
    const read = parseAnswer(answer);
    expect(read.review, JSON.stringify(read)).toBe(review);
    expect("claims" in read ? read.claims.length : 0).toBe(claims);
  });

  test.each<[priority: unknown, title: string, severity: string]>([
    [0, "Drop it", "critical"],
    [1, "Urgent", "high"],
    [2, "Normal", "medium"],
    [3, "Low", "low"],
    [null, "[P0] Tagged", "critical"],
    [undefined, "[p3] Tagged", "low"],
    ["P1", "In words", "high"],
    [3, "[P0] They differ", "critical"],
    [0, "[P3] They differ", "critical"],
    [7, "Out of range", "medium"],
    [-1, "Out of range", "medium"],
    [undefined, "No word of it", "medium"],
  ])("priority %j of %j is %s", (priority, title, severity) => {
    const read = parseAnswer(native({ findings: [{ ...FINDING, title, priority }] }));
    expect(read).toMatchObject({ claims: [{ severity, claim: title.replace(/^\[p\d] /i, "") }] });
  });

  test.each<[at: unknown, file: string | null, line: number | null, end: number | null]>([
    [undefined, null, null, null],
    ["src/a.ts:3", null, null, null],
    [{ absolute_file_path: "/w/a.ts" }, "/w/a.ts", null, null],
    [{ absolute_file_path: 7, line_range: { start: 1, end: 2 } }, null, 1, 2],
    [{ absolute_file_path: "/w/a.ts", line_range: { start: 0, end: 0 } }, "/w/a.ts", null, null],
    [{ absolute_file_path: "/w/a.ts", line_range: { start: 5 } }, "/w/a.ts", 5, 5],
    [{ absolute_file_path: "/w/a.ts", line_range: { start: 1e300, end: 2.5 } }, "/w/a.ts", null, null],
    [{ absolute_file_path: "/w/a.ts", line_range: "1-2" }, "/w/a.ts", null, null],
  ])("a place %j", (code_location, file, line, end_line) => {
    expect(parseAnswer(native({ findings: [{ ...FINDING, code_location }] }))).toMatchObject({
      claims: [{ file, line, end_line }],
    });
  });

  test("takes a suggestion out of the body", () => {
    const body = "Use a guard:\n```suggestion\n  if (!list.length) return 0;\n```\nThen it holds.";
    expect(parseAnswer(native({ findings: [{ ...FINDING, body }] }))).toMatchObject({
      claims: [{ evidence: "Use a guard:\n\nThen it holds.", suggestion: "  if (!list.length) return 0;" }],
    });
  });

  test("takes the first sentence of the body where there is no title", () => {
    const findings = [{ ...FINDING, title: "[P1]", body: "It divides by 0.5 of nothing. And more." }];
    expect(parseAnswer(native({ findings }))).toMatchObject({
      claims: [{ severity: "high", claim: "It divides by 0.5 of nothing." }],
    });
  });
});

describe("an answer of our own form", () => {
  test.each<[what: string, answer: string, review: string, claims: number]>([
    ["with a finding", own(CLAIM), "parsed", 1],
    ["with none", own(), "parsed", 0],
    ["in a fence", `Here:\n\`\`\`\n${own(CLAIM)}\n\`\`\``, "parsed", 1],
    ["about the change as a whole", own({ ...CLAIM, file: null, line: null }), "parsed", 1],
    ["with another severity", own({ ...CLAIM, severity: "blocker" }), "unparsed", 0],
    ["with line 0", own({ ...CLAIM, line: 0 }), "unparsed", 0],
    ["with half a claim", own({ claim: "It is wrong." }), "unparsed", 0],
    ["with a field of its own", JSON.stringify({ summary: "", findings: [], verdict: "approve" }), "unparsed", 0],
    ["a list of findings alone", JSON.stringify({ findings: [] }), "unparsed", 0],
    ["an empty object", "{}", "unparsed", 0],
  ])("%s", (_, answer, review, claims) => {
    const read = parseAnswer(answer);
    expect(read.review).toBe(review);
    expect("claims" in read ? read.claims.length : 0).toBe(claims);
  });

  test("of too many claims the worst are kept, and it is said", () => {
    const many = Array.from({ length: 250 }, (_, at) => ({ ...CLAIM, severity: at === 249 ? "critical" : "low" }));
    const read = parseAnswer(own(...many));
    expect(read).toMatchObject({ review: "parsed", note: "the worst 200 of its 250 findings are kept" });
    expect("claims" in read ? [read.claims.length, read.claims[0]?.severity] : []).toEqual([200, "critical"]);
  });

  test("long texts are cut, never within a character", () => {
    const read = parseAnswer(own({ ...CLAIM, evidence: "😀".repeat(5_000), claim: "x".repeat(5_000) }));
    const [claim] = "claims" in read ? read.claims : [];
    expect(claim?.claim.length).toBeLessThanOrEqual(600);
    // It throws for the half of a character.
    expect(() => encodeURIComponent(claim?.evidence ?? "\ud83d")).not.toThrow();
    expect(claim?.evidence.length).toBeLessThanOrEqual(4_000);
  });
});

describe("hostile text", () => {
  test.each([
    ["opening braces", '{"'.repeat(500_000)],
    ["one string that never ends", `{"a": "${"\\".repeat(900_000)}`],
    ["deep lists", `{"findings": ${"[".repeat(200_000)}`],
    ["deep lists that end", `{"findings": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["fences", "```suggestion\n".repeat(100_000)],
    ["much too long", `${CLEAN}${" ".repeat(2_000_001)}`],
    ["a review before too many braces", `${CLEAN}\n${'{"'.repeat(400_000)}`],
    ["a review behind too many braces", `${'{"'.repeat(200_000)}\n${CLEAN}`],
  ])("%s is unparsed", (_, text) => {
    expect(parseAnswer(text).review).toBe("unparsed");
  });

  test("a body full of fences is read", () => {
    const body = "```suggestion\n".repeat(50_000);
    expect(parseAnswer(native({ findings: [{ ...FINDING, body }] })).review).toBe("parsed");
  });

  test("whatever is cut out of an answer, an approval never comes of it", () => {
    const whole = native();
    for (let from = 0; from < whole.length; from += 3)
      for (let length = 1; length < whole.length - from; length += 17) {
        const read = parseAnswer(whole.slice(0, from) + whole.slice(from + length));
        if (read.review === "parsed") expect(read.claims.length).toBeGreaterThan(0);
      }
  });

  test("objects are found between braces and quotes of prose", () => {
    expect(findObjects('a } b { c "d" {"x": "}\\"{"} {"y": {"z": 1}} {"broken": } {"w": []}')).toEqual([
      { x: '}"{' },
      { y: { z: 1 } },
      { w: [] },
    ]);
  });
});
