import { describe, expect, it } from "vitest";
import { parsePacketFile } from "../../../src/packet/packet-file.ts";
import { refusalOf } from "./refusal.ts";

const parse = (text: string) => parsePacketFile(text, "p.md");
/** A scout needs no more than this, so that a test has only what it is about. */
const withScout = (rest: string) => `MODE: scout\nOBJECTIVE: Find it.\n${rest}`;
const scout = { role: "scout", goal: "Find it." };

const WHOLE = `# Task packet: expiry

MODE: worker
WORKDIR: ../shop
OBJECTIVE:
Make Cache.get drop expired entries.

Keep the exported signatures:

\`\`\`ts
CONTEXT: this is code
\`\`\`

ENTRY FILES: src/cache.ts:40-95, test/cache.test.ts#L3
WRITE SCOPE (files Codex may touch):
- \`src/cache.ts\` (MODIFY)
- test/cache.test.ts (MODIFY)
- src/clock.ts (NEW)
NON-GOALS:
- No new dependency, not even a small one
- The shape of an entry
  and its name
EXPECTED FILES: src/clock.ts
VERIFICATION:
- npm test -- cache
- \`npm run lint\` passes
- Every caller still compiles
DELIVERABLE: The change, and a list of callers.
CONTEXT: Entries without a time never expire.
PLAN: docs/plan.md
TASK ID: unit-3
ALLOW DIRTY OVERLAP: yes
`;

describe("a packet of fields", () => {
  const draft = {
    role: "writer",
    workspace: "../shop",
    goal: "Make Cache.get drop expired entries.\n\nKeep the exported signatures:\n\n```ts\nCONTEXT: this is code\n```",
    files: [
      { path: "src/cache.ts", from: 40, to: 95 },
      { path: "test/cache.test.ts", from: 3 },
    ],
    scope: ["src/cache.ts", "test/cache.test.ts", "src/clock.ts"],
    nonGoals: ["No new dependency, not even a small one", "The shape of an entry and its name"],
    expectFiles: ["src/clock.ts"],
    verify: ["npm test -- cache", "npm run lint"],
    verifyProse: ["Every caller still compiles"],
    deliverable: "The change, and a list of callers.",
    context: "Entries without a time never expire.",
    plan: "docs/plan.md",
    taskId: "unit-3",
    allowDirtyOverlap: true,
  };

  it("with every field", async () => {
    expect(await parse(WHOLE)).toStrictEqual(draft);
  });

  it("is the same with CRLF and a BOM", async () => {
    expect(await parse(`\uFEFF${WHOLE.replaceAll("\n", "\r\n")}`)).toStrictEqual(draft);
  });

  it.each([
    ["plain", "MODE: scout", "OBJECTIVE: Find it."],
    ["no blank", "MODE:scout", "OBJECTIVE:Find it."],
    ["a note", "MODE (how): scout", "OBJECTIVE (one sentence (or two)) : Find it."],
    ["value below", "MODE:\nscout", "OBJECTIVE:\n\n  Find it.\n"],
    ["bold with the colon", "**MODE:** scout", "**OBJECTIVE:** Find it."],
    ["bold", "**MODE**: scout", "__OBJECTIVE__: Find it."],
    ["bold with a note", "**MODE (how):** scout", "**OBJECTIVE** (what): Find it."],
    ["headings", "## MODE\nscout", "## OBJECTIVE\n\nFind it."],
    ["headings with colons", "# MODE: scout", "### OBJECTIVE:\nFind it."],
    ["closed headings", "## MODE ##\nscout", "## **OBJECTIVE** ##\nFind it."],
    ["bold lines", "**MODE**\nscout", "**OBJECTIVE**\nFind it."],
    ["alone on the line", "MODE\nscout", "OBJECTIVE\nFind it."],
    ["a list", "- MODE: scout", "- OBJECTIVE: Find it."],
    ["a bold list", "* **MODE:** scout", "* **OBJECTIVE:**\n  Find it."],
    ["indented a little", "  MODE: scout", "   OBJECTIVE: Find it."],
    ["rules between", "MODE: scout\n\n---", "OBJECTIVE: Find it.\n\n***\n"],
    ["a decorated value", "MODE: **`scout`**", "OBJECTIVE: Find it."],
    ["a value with a note", "MODE: Scout (reads only)", "OBJECTIVE: Find it."],
    ["after a comment", "<!-- a packet -->\n\n---\nMODE: scout", "OBJECTIVE: Find it."],
  ])("decorated: %s", async (_name, mode, objective) => {
    expect(await parse(`${mode}\n${objective}`)).toStrictEqual(scout);
  });

  it.each([
    ["NON GOALS: a", { nonGoals: ["a"] }],
    ["NON-GOALS: a", { nonGoals: ["a"] }],
    ["NON_GOALS: a", { nonGoals: ["a"] }],
    ["NON-GOALS: none", { nonGoals: [] }],
    ["NON-GOALS: one, and two\nthree", { nonGoals: ["one, and two", "three"] }],
    ["NON-GOALS:\n1. a\n2. b", { nonGoals: ["a", "b"] }],
    ["WRITE SCOPE: none", { scope: [] }],
    ["WRITE_SCOPE: READ-ONLY", { scope: [] }],
    ["WRITE SCOPE:\n- none", { scope: [] }],
    ["VERIFICATION: none", { verify: [], verifyProse: [] }],
    ["VERIFICATION: npm test", { verify: ["npm test"] }],
    ["VERIFICATION: Look at it.", { verifyProse: ["Look at it."] }],
    ["VERIFICATION:\n```sh\n$ npm test\nMODE: fast make\n```", { verify: ["npm test", "MODE: fast make"] }],
    ["ALLOW DIRTY OVERLAP: yes", { allowDirtyOverlap: true }],
    ["ALLOW DIRTY OVERLAP: TRUE", { allowDirtyOverlap: true }],
    ["ALLOW DIRTY OVERLAP (risky): No.", { allowDirtyOverlap: false }],
    ["ALLOW-DIRTY-OVERLAP: false", { allowDirtyOverlap: false }],
    ["WORKDIR: `../a b`", { workspace: "../a b" }],
    ["WORKDIR: . (here)", { workspace: "." }],
    ["CONTEXT: first\n    second\n  third", { context: "first\n  second\nthird" }],
    ["CONTEXT:\n\n    first\n      second\n\n    third\n\n", { context: "first\n  second\n\nthird" }],
    ["CONTEXT: first\n\nsecond", { context: "first\n\nsecond" }],
    [
      "CONTEXT: a\n- TODO: is text in a list\n    NOTE: is text, indented\n## API",
      { context: "a\n- TODO: is text in a list\n    NOTE: is text, indented\n## API" },
    ],
    [
      "CONTEXT: see\nHTTP://example.org\nC: drive\nA_CONSTANT: 3\nMode: of nothing\nHTTP2: too",
      { context: "see\nHTTP://example.org\nC: drive\nA_CONSTANT: 3\nMode: of nothing\nHTTP2: too" },
    ],
    ["CONTEXT: a\n  - MODE: in a nested list", { context: "a\n- MODE: in a nested list" }],
    ["CONTEXT:\n~~~\nMODE: x\n```\nOBJECTIVE: y\n~~~", { context: "~~~\nMODE: x\n```\nOBJECTIVE: y\n~~~" }],
  ])("%j", async (field, said) => {
    expect(await parse(withScout(field))).toStrictEqual({ ...scout, ...said });
  });

  it.each(["scout", "reviewer", "verifier", "synthesizer"])("MODE %s needs no WRITE SCOPE", async (mode) => {
    expect(await parse(`MODE: ${mode.toUpperCase()}\nOBJECTIVE: x`)).toStrictEqual({ role: mode, goal: "x" });
  });

  it("a mode that writes may be given nothing to write", async () => {
    expect(await parse("MODE: debugger\nOBJECTIVE: x\nWRITE SCOPE: none")).toMatchObject({
      role: "debugger",
      scope: [],
    });
  });
});

describe("what is wrong with a packet of fields", () => {
  it.each<[string, string, string]>([
    [
      "no MODE",
      "OBJECTIVE: x\n\n",
      "p.md, line 1: the field MODE is missing (this is the last line) → write for example MODE: writer",
    ],
    ["no OBJECTIVE", "MODE: scout\nCONTEXT: a\nb", "p.md, line 3: the field OBJECTIVE is missing"],
    ["no WRITE SCOPE", "MODE: worker\nOBJECTIVE: x", "p.md, line 2: the field WRITE SCOPE is missing"],
    ["no WRITE SCOPE to debug", "MODE: debugger\r\nOBJECTIVE: x\r\n", "p.md, line 2: the field WRITE SCOPE is missing"],
    [
      "a mode that is none",
      "OBJECTIVE: x\nMODE: wizard",
      'p.md, line 2: there is no role "wizard" → roles: scout, writer (or worker), reviewer',
    ],
    [
      "two words for a mode",
      withScout("").replace("scout", "scout and writer"),
      'p.md, line 1: the field MODE takes one word, not "scout and writer"',
    ],
    [
      "a scout that writes",
      withScout("WRITE SCOPE: src, test"),
      'p.md, line 3: the mode scout only reads, but WRITE SCOPE names "src, test" → write none, or take a mode that writes',
    ],
    ["an empty field", withScout("CONTEXT:\nDELIVERABLE: x"), "p.md, line 3: the field CONTEXT is empty"],
    ["an empty one at the end", withScout("VERIFICATION:\n\n---\n"), "p.md, line 3: the field VERIFICATION is empty"],
    ["a field twice", withScout("\nMODE: writer"), "p.md, line 4: the field MODE is given twice, first in line 1"],
    [
      "in two spellings",
      withScout("NON-GOALS: a\n## NON GOALS\nb"),
      "p.md, line 4: the field NON-GOALS is given twice, first in line 3",
    ],
    [
      "an unknown field",
      withScout("PRIORITY: high"),
      'p.md, line 3: there is no field "PRIORITY" → the fields are MODE, WORKDIR',
    ],
    [
      "a slip",
      withScout("VERIFICATON: npm test"),
      'p.md, line 3: there is no field "VERIFICATON" → did you mean VERIFICATION?',
    ],
    [
      "a slip in a heading",
      withScout("## VERIFICATON\nnpm test"),
      'p.md, line 3: there is no field "VERIFICATON" → did you mean VERIFICATION?',
    ],
    [
      "a slip in bold letters",
      withScout("**CONTXT**\nx"),
      'p.md, line 3: there is no field "CONTXT" → did you mean CONTEXT?',
    ],
    [
      "with an underscore",
      withScout("WRITE_SCOP: src"),
      'p.md, line 3: there is no field "WRITE_SCOP" → did you mean WRITE SCOPE?',
    ],
    ["another word", withScout("SCOPE: src"), 'p.md, line 3: there is no field "SCOPE" → did you mean WRITE SCOPE?'],
    [
      "another word at the top",
      "GOAL: x\nMODE: scout",
      'p.md, line 1: there is no field "GOAL" → did you mean OBJECTIVE?',
    ],
    ["an unknown field with a note", withScout("NOTE (for you): x"), 'p.md, line 3: there is no field "NOTE"'],
    ["bold", withScout("**IMPORTANT:** x"), 'p.md, line 3: there is no field "IMPORTANT"'],
    [
      "more power",
      withScout("NETWORK: on"),
      "p.md, line 3: the field NETWORK would give more power, which only the command line can",
    ],
    [
      "more power again",
      withScout("SANDBOX: danger-full-access"),
      "p.md, line 3: the field SANDBOX would give more power",
    ],
    [
      "no colon",
      withScout("WRITE SCOPE - src/a.ts"),
      "p.md, line 3: the field WRITE SCOPE has words before its colon, or none",
    ],
    [
      "words before the colon",
      withScout("VERIFICATION commands: npm test"),
      "p.md, line 3: the field VERIFICATION has words before its colon, or none",
    ],
    [
      "text at the top",
      "Please do this:\nMODE: scout",
      "p.md, line 1: there is text before the first field, and it belongs to none",
    ],
    [
      "an open fence",
      withScout("CONTEXT:\n```\nx\nVERIFICATION: npm test"),
      "p.md, line 4: the code fence that begins here is never closed",
    ],
    [
      "yes or no",
      withScout("ALLOW DIRTY OVERLAP: maybe"),
      'p.md, line 3: the field ALLOW DIRTY OVERLAP is yes or no, not "maybe"',
    ],
    ["two directories", withScout("WORKDIR: a, b"), "p.md, line 3: the field WORKDIR takes one path"],
    [
      "prose as a scope",
      "MODE: writer\nOBJECTIVE: x\nWRITE SCOPE:\n- src\n- and the tests",
      'p.md, line 5: WRITE SCOPE has text where a path belongs: "and the tests"',
    ],
    [
      "none and more",
      "MODE: writer\nOBJECTIVE: x\nWRITE SCOPE: none, src",
      "p.md, line 3: WRITE SCOPE says none and names paths as well",
    ],
    ["a task id", withScout("TASK ID: ../x"), 'p.md, line 3: "../x" is no task id'],
    [
      "lines of a file",
      withScout("ENTRY FILES: a.ts:9-3"),
      'p.md, line 3: the lines of "a.ts:9-3" end before they begin → Write PATH',
    ],
  ])("%s", async (_name, text, sentence) => {
    const refusal = await refusalOf(() => parse(text));
    expect(refusal.slice(0, sentence.length)).toBe(sentence);
    expect(refusal).toMatch(/^p\.md, line \d+: .+ → .+/);
  });

  it("is done with a hostile file at once", async () => {
    const long = 1_000_000;
    for (const text of [
      `MODE: ${" ".repeat(long)}x`,
      `MODE ${"(".repeat(long)}`,
      `MODE (${"(a".repeat(long / 2)}`,
      `A${" ".repeat(long)}`,
      `${"A ".repeat(long / 2)}:`,
      `**${"A".repeat(long)}`,
      `# MODE${" #".repeat(long / 2)}x`,
      `MODE: scout\nOBJECTIVE: x\nCONTEXT:\n${"\n".repeat(long)}x`,
      `MODE: scout\nOBJECTIVE: x\nCONTEXT:\n${" \n".repeat(long / 2)}x`,
      `MODE: scout\nOBJECTIVE: a${" ".repeat(long)}b`,
      `MODE: scout\nOBJECTIVE:\n${" ".repeat(long)}b`,
      `# MODE${" ".repeat(long)}b`,
      `MODE: ${"*".repeat(long)}x`,
      `${" ".repeat(long)}x\nMODE: scout`,
      `<!--${"-->".repeat(long / 3)}x\nMODE: scout`,
      `MODE: scout\nOBJECTIVE: x\nNON-GOALS: - ${" ".repeat(long)}b`,
      `MODE: scout\nOBJECTIVE: x\nVERIFICATION: npm ${"a ".repeat(long / 2)}b`,
    ])
      await parse(text).catch(() => undefined);
  });
});
