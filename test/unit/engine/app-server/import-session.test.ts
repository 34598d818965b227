import { expect, test } from "vitest";
import { resultOf } from "../../../../src/engine/app-server/import-session.ts";

const told = (result: object) => ({ importId: "i", itemTypeResults: [{ itemType: "SESSIONS", ...result }] });

test.each([
  ["a thread", told({ successes: [{ target: "t-1" }], failures: [] }), { threadId: "t-1" }],
  ["a failure", told({ successes: [], failures: [{ message: "not\ndetected" }] }), { why: "not detected" }],
  ["neither", told({ successes: [], failures: [] }), { why: "it took nothing of it" }],
  ["a success without a thread", told({ successes: [{ target: null }] }), { why: "it took nothing of it" }],
  [
    "something else that was imported",
    { itemTypeResults: [{ itemType: "SKILLS", successes: [{ target: "x" }] }] },
    { why: "it took nothing of it" },
  ],
  ["another form", { results: [] }, { why: "it answered in a form that is not known" }],
  ["nothing", undefined, { why: "it answered in a form that is not known" }],
])("an import that tells of %s", (_, params, expected) => {
  expect(resultOf(params)).toEqual(expected);
});
