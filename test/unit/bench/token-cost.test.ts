import { expect, test } from "vitest";
import { OTHER_BRIDGES } from "../../../bench/other-bridges.ts";
import { readSkill, tokenRow } from "../../../bench/token-cost.ts";

test("a skill costs its line in the listing, and what stands behind its front matter", () => {
  expect(readSkill("---\nname: ab\ndescription: cde\n---\n\nhello\n")).toEqual({
    listing: "- ab: cde".length,
    body: 5,
  });
});

test.each([
  [1_000, "250 tokens", "yes"],
  [1_001, "251 tokens", "no"],
])("%i characters are %s, and a goal of 250: %s", (chars, ours, met) => {
  expect(tokenRow("listing", chars, 250)).toMatchObject({ ours, goal: "≤ 250 tokens", met });
});

test("each number of another bridge says where it was counted", () => {
  for (const { repo, files, listing, body } of OTHER_BRIDGES) {
    expect(repo).toMatch(/^[\w.-]+\/[\w.-]+/);
    expect(files.length).toBeGreaterThan(0);
    for (const { commit } of files) expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(Math.min(listing, body)).toBeGreaterThan(0);
  }
});
