import { expect, test } from "vitest";
import { addRules, removeRules } from "../../../src/claude/edit-settings.mjs";

const RULES = ["Skill(ask-codex)", 'Bash(node "/a b/ask_codex.mjs" *)'];
const WRITTEN = RULES.map((rule) => JSON.stringify(rule));
const [ONE, TWO] = WRITTEN;

test.each([
  ["nothing", "", `{\n  "permissions": {\n    "allow": [\n      ${ONE},\n      ${TWO}\n    ]\n  }\n}\n`],
  ["one line", '{"a":1}', `{"a":1,"permissions": {"allow": [${ONE}, ${TWO}]}}`],
  [
    "tabs",
    '{\n\t"permissions": {\n\t\t"allow": [\n\t\t\t"x"\n\t\t]\n\t},\n\t"z" :1\n}',
    `{\n\t"permissions": {\n\t\t"allow": [\n\t\t\t"x",\n\t\t\t${ONE},\n\t\t\t${TWO}\n\t\t]\n\t},\n\t"z" :1\n}`,
  ],
  [
    "four spaces, line ends of Windows, no list yet",
    '{\r\n    "permissions": {\r\n        "deny": []\r\n    }\r\n}\r\n',
    `{\r\n    "permissions": {\r\n        "deny": [],\r\n        "allow": [\r\n            ${ONE},\r\n            ${TWO}\r\n        ]\r\n    }\r\n}\r\n`,
  ],
  [
    "a mark at the start, an empty list",
    '\uFEFF{\n  "permissions": { "allow": [] }\n}',
    `\uFEFF{\n  "permissions": { "allow": [\n    ${ONE},\n    ${TWO}\n  ] }\n}`,
  ],
  [
    "a list in one line of a file that is odd elsewhere",
    '{ "b" :  [1,2 ],\n "permissions": { "allow": ["x", "y"], "deny": ["c"] }}',
    `{ "b" :  [1,2 ],\n "permissions": { "allow": ["x", "y", ${ONE}, ${TWO}], "deny": ["c"] }}`,
  ],
])("adds rules in the layout of the file and touches nothing else: %s", (_, before, after) => {
  const added = addRules(before, RULES);
  expect(added).toBe(after);
  expect(addRules(after, RULES)).toBe(after);
  const removed = removeRules(after, RULES) ?? "";
  expect(removeRules(removed, RULES)).toBe(removed);
  // What was there before the list was made is there again.
  const allow = /"allow"/.test(before);
  if (allow) expect(removed).toBe(before);
  else expect(removed).toContain('"allow": []');
});

test.each([
  ["the first", `["r","x"]`, `["x"]`],
  ["the last", `["x", "r"]`, `["x"]`],
  ["one in between", `[\n  "x",\n  "r",\n  "y"\n]`, `[\n  "x",\n  "y"\n]`],
  ["one that stands there twice", `["r", "x", "r"]`, `["x"]`],
  ["all", `[ "r" ]`, `[]`],
])("removes exactly the rule: %s", (_, before, after) => {
  const file = (list: string) => `{"permissions":{"allow":${list},"ask":["r"]}}`;
  expect(removeRules(file(before), ["r"])).toBe(file(after));
});

test("adds only what is missing, behind what is there", () => {
  expect(addRules(`{"permissions":{"allow":[${TWO}, "x"]}}`, RULES)).toBe(
    `{"permissions":{"allow":[${TWO}, "x", ${ONE}]}}`,
  );
});

test.each([
  ["a comment", '{ // mine\n "permissions": {} }'],
  ["a comma too many", '{"permissions":{"allow":["x",]}}'],
  ["half a file", '{"permissions":'],
  ["no object", "[]"],
  ["permissions that are none", '{"permissions":[]}'],
  ["a list that is none", '{"permissions":{"allow":"x"}}'],
  ["a list of other things", '{"permissions":{"allow":[1]}}'],
  ["a key that stands there twice", '{"permissions":{},"permissions":{"allow":["x"]}}'],
])("leaves alone what it does not understand: %s", (_, text) => {
  expect(addRules(text, RULES)).toBeUndefined();
});
