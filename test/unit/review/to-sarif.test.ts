import { expect, test } from "vitest";
import * as z from "zod";
import { toSarif } from "../../../src/review/to-sarif.ts";
import { REVIEW_ID, sampleFinding, sampleReview, sampleShard } from "./sample-review.ts";

/** What SARIF 2.1.0 says of the parts that we write, with nothing else beside them (sections 3.13 to 3.36). */
const Message = z.strictObject({ text: z.string().min(1) });
const Level = z.enum(["none", "note", "warning", "error"]);
const Rank = z.number().min(0).max(100);
const Uri = z
  .string()
  .regex(/^[A-Za-z0-9._~!'()*%/-]+$/)
  .refine((uri) => decodeURIComponent(uri) !== "");
const Place = z.strictObject({
  physicalLocation: z.strictObject({
    artifactLocation: z.strictObject({ uri: Uri, uriBaseId: z.literal("WORKSPACE") }),
    region: z
      .strictObject({ startLine: z.int().min(1), endLine: z.int().min(1) })
      .refine(({ startLine, endLine }) => startLine <= endLine)
      .optional(),
  }),
});
const Rule = z.strictObject({
  id: z.string(),
  name: z.string(),
  shortDescription: Message,
  defaultConfiguration: z.strictObject({ level: Level, rank: Rank }),
});
const Found = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().min(0).max(3),
  kind: z.literal("pass").optional(),
  level: Level,
  rank: Rank.optional(),
  message: Message,
  locations: z.array(Place).max(1),
  partialFingerprints: z.strictObject({ "askCodexFinding/v1": z.string().regex(/^f-[a-z0-9]{8}$/) }),
  baselineState: z.enum(["new", "unchanged", "absent"]),
  suppressions: z
    .array(
      z.strictObject({ kind: z.literal("external"), status: z.literal("accepted"), justification: z.string().min(1) }),
    )
    .optional(),
  properties: z.record(z.string(), z.string()),
});
const Notification = z.strictObject({ level: Level, message: Message, locations: z.array(Place).optional() });
const Sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({ driver: z.strictObject({ name: z.string(), version: z.string(), rules: z.array(Rule) }) }),
      automationDetails: z.strictObject({ id: z.string() }),
      originalUriBaseIds: z.strictObject({ WORKSPACE: z.strictObject({ uri: z.url().endsWith("/") }) }),
      columnKind: z.literal("utf16CodeUnits"),
      invocations: z.tuple([
        z.strictObject({
          executionSuccessful: z.boolean(),
          exitCode: z.int(),
          startTimeUtc: z.iso.datetime(),
          endTimeUtc: z.iso.datetime(),
          toolExecutionNotifications: z.array(Notification),
        }),
      ]),
      results: z.array(Found),
      properties: z.record(z.string(), z.string()),
    }),
  ]),
});

const result = sampleReview({
  findings: [
    sampleFinding({ severity: "critical", file: "src/ä b/[x]#%.ts", suggestion: "Return 0." }),
    sampleFinding({ severity: "high", state: "repeated", line: null, end_line: null }),
    sampleFinding({ severity: "medium", state: "waived", waived: "never\nempty", end_line: null }),
    sampleFinding({
      severity: "low",
      file: null,
      line: null,
      end_line: null,
      claim: "\u001b[2J",
      evidence: "",
      note: "x",
      place: "outside",
    }),
    sampleFinding({ file: "half \ud800.ts" }),
  ],
  fixed: [{ id: "f-dddddddd", file: "src/b.ts", claim: "It leaks." }],
  omitted: [{ file: "big file.json", bytes: 1, why: "too\nlarge" }],
  shards: [sampleShard(), sampleShard({ review: "none", reason: "timeout: it hung" })],
});
const log = Sarif.parse(JSON.parse(JSON.stringify(toSarif(result, "0.1.0"))));
const [run] = log.runs;

test("the rules are by severity, and each result names its own", () => {
  const { rules } = run.tool.driver;
  expect(rules.map(({ id }) => id)).toEqual(["review/critical", "review/high", "review/medium", "review/low"]);
  for (const found of run.results) expect(rules[found.ruleIndex]?.id).toBe(found.ruleId);
  expect(run.results.map(({ level }) => level)).toEqual(["error", "error", "warning", "note", "error", "none"]);
});

test("the states are those of the ledger", () => {
  expect(run.results.map(({ baselineState }) => baselineState)).toEqual([
    ...["new", "unchanged", "unchanged", "new", "new", "absent"],
  ]);
  expect(run.results.map(({ suppressions }) => suppressions?.[0]?.justification)).toEqual([
    ...[undefined, undefined, "never\nempty", undefined, undefined, undefined],
  ]);
});

test("paths are relative to the workspace and encoded", () => {
  expect(run.originalUriBaseIds.WORKSPACE.uri).toBe("file:///work/a%20project/");
  const places = run.results.map(({ locations }) => locations[0]?.physicalLocation);
  expect(places[0]).toEqual({
    artifactLocation: { uri: "src/%C3%A4%20b/%5Bx%5D%23%25.ts", uriBaseId: "WORKSPACE" },
    region: { startLine: 3, endLine: 5 },
  });
  expect(places[1]?.region).toBeUndefined();
  expect(places[2]?.region).toEqual({ startLine: 3, endLine: 3 });
  expect(places[3]).toBeUndefined();
});

test("texts are plain, and never empty", () => {
  expect(run.results[0]?.message.text).toBe("It divides by zero.\n\n`sum / list.length`\n\nSuggestion:\nReturn 0.");
  expect(run.results[3]?.message.text).toBe("[2J");
});

test("what was not looked at is a notification, and no success", () => {
  const [{ executionSuccessful, toolExecutionNotifications: told }] = run.invocations;
  expect(told.map(({ level, message }) => `${level}: ${message.text}`)).toEqual([
    "error: r-20261121-051103-k7qz: timeout: it hung",
    "warning: not looked at: too large",
  ]);
  expect(executionSuccessful).toBe(true);
  expect(run.automationDetails.id).toBe(`codex_review/native/main/${REVIEW_ID}`);
});

test.each([
  ["approve", 0, true],
  ["findings", 0, true],
  ["findings", 6, false],
  ["unparsed", 6, false],
  ["incomplete", 0, false],
] as const)("%s with exit %i: success is %s", (review, exit_code, success) => {
  const { runs } = toSarif(sampleReview({ review, exit_code, findings: [], branch: null }), "0");
  expect(runs[0]?.invocations?.[0]?.executionSuccessful).toBe(success);
});
