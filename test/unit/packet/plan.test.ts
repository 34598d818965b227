import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { TASK_ID } from "../../../src/core/packet.ts";
import { draftFromUnit } from "../../../src/packet/draft-from-unit.ts";
import { listUnits, parsePlan, readPlan } from "../../../src/packet/plan.ts";
import type { PlanFile } from "../../../src/packet/plan-files.ts";
import { refusalOf } from "./refusal.ts";

const parse = (text: string) => parsePlan(text, "plan.md");
const unitOf = (body: string) => parse(`### U1. Title\n\n${body}\n`).units[0];

const WHOLE = `---
title: Expiry
---
# Plan: expiry

R1. Entries expire. See U2 and **Unit 9**.

## Implementation units

### U1. Add a clock

**Goal:** One place that knows the time.

**Requirements:** R1

**Dependencies:** None

**Files:**
- Create: \`src/clock.ts\`
- Test: \`test/clock.test.ts\`

**Approach:**
- A function, not a class
- **Note:** no dependency

**Execution note:** Execution target: external-delegate. Start with the test.

**Technical design:** *(a sketch)*

\`\`\`ts
**Goal:** not this one
### U7. nor this
\`\`\`

**Test scenarios:**
- **Happy path:** it moves on
- Test: it never goes back

**Verification:**
- \`npm test -- clock\` passes
- No caller of Date.now is left

---

### U2. Use the clock

**Goal**: Cache.get drops expired entries.
**Dependencies**: U1
**Files**: Modify: \`src/cache.ts\`, \`src/cache-key.ts\`; Test: \`test/cache.test.ts\` (both cases)
**Execution target**: \`External-Delegate\`
**Verification**: npm test -- cache

### U3. Document it

**Goal:** The docs say so. Do not set \`Execution target: external-delegate\` here.

## After that

### Risks

**Verification:** nobody's
`;

describe("parsePlan", () => {
  it("reads the units of a plan", () => {
    const [one, two, three, ...more] = parse(WHOLE).units;
    expect(one).toEqual({
      id: "U1",
      title: "Add a clock",
      line: 10,
      delegate: true,
      goal: "One place that knows the time.",
      approach: "- A function, not a class\n- **Note:** no dependency",
      executionNote: "Execution target: external-delegate. Start with the test.",
      testScenarios: "- **Happy path:** it moves on\n- Test: it never goes back",
      verification: ["- `npm test -- clock` passes", "- No caller of Date.now is left"],
      dependencies: "None",
      files: [
        { path: "src/clock.ts", kind: "create", line: 19 },
        { path: "test/clock.test.ts", kind: "test", line: 20 },
      ],
      unclear: [],
    });
    expect(two).toMatchObject({
      id: "U2",
      title: "Use the clock",
      delegate: true,
      dependencies: "U1",
      verification: ["npm test -- cache"],
      files: [
        { path: "src/cache.ts", kind: "modify" },
        { path: "src/cache-key.ts", kind: "modify" },
        { path: "test/cache.test.ts", kind: "test" },
      ],
    });
    expect(three).toMatchObject({ id: "U3", delegate: false, verification: [], files: [] });
    expect(more).toEqual([]);
    expect(listUnits(parse(WHOLE)).map(({ id }) => id)).toEqual(["U1", "U2"]);
    expect(parse(WHOLE.replaceAll("\n", "\r\n"))).toEqual(parse(WHOLE));
  });

  it.each<[string, [id: string, title: string][]]>([
    ["### U3. Add the parser", [["U3", "Add the parser"]]],
    ["### U3: Add the parser", [["U3", "Add the parser"]]],
    ["### U3) Add the parser", [["U3", "Add the parser"]]],
    ["## U3 — Add the parser ##", [["U3", "Add the parser"]]],
    ["### **U3.** Add the parser", [["U3", "Add the parser"]]],
    ["### Unit 3: Add the parser", [["unit-3", "Add the parser"]]],
    ["### unit 3 - Add the parser", [["unit-3", "Add the parser"]]],
    ["### Task 2.1 — Add the parser", [["task-2.1", "Add the parser"]]],
    ["### [ ] Task 2.1: Add the parser", [["task-2.1", "Add the parser"]]],
    ["# Task 4b: Add the parser", [["task-4b", "Add the parser"]]],
    ["### Unit 3", [["unit-3", "Unit 3"]]],
    ["### Unit 3 Add the parser", [["unit-3", "Add the parser"]]],
    ["- [ ] **Unit 3: Add the parser**", [["unit-3", "Add the parser"]]],
    ["- [x] Task 2.1: Add the parser", [["task-2.1", "Add the parser"]]],
    ["- U3. **Add the parser**", [["U3", "Add the parser"]]],
    ["* **U3 — Add the parser**", [["U3", "Add the parser"]]],
    [
      "- **U1.** a\n  - **U7.** inside\n- **U2.** b",
      [
        ["U1", "a"],
        ["U2", "b"],
      ],
    ],
    ["### U1. a\n- [ ] **U2. an item under a heading**\n- **U1** is needed", [["U1", "a"]]],
    [
      "### U1. a\n#### U1.1. b\n### U2. c",
      [
        ["U1", "a"],
        ["U1.1", "b"],
        ["U2", "c"],
      ],
    ],
    ["# Units\nU3. Add the parser", []],
    ["- U1, U2", []],
    ["- U1 first", []],
    ["- **U1**, then the rest", []],
    ["- Needs **U1**", []],
    ["### U3x. not a number", [["U3x", "not a number"]]],
    ["### U3xy. not a number", []],
    ["### United 3", []],
    ["### Units 3 and 4", []],
    ["### Task force", []],
    ["```\n### U1. in a fence\n```", []],
    ["    ### U1. in an indented block", []],
    ["### U1234567. too long", []],
  ])("%j", (text, units) => {
    const found = parse(text).units;
    expect(found.map(({ id, title }) => [id, title])).toEqual(units);
    for (const { id } of found) expect(id).toMatch(TASK_ID);
  });

  it.each([
    [
      "### U1. a\n### U2. b\n\n## U1: c",
      "plan.md, line 4: the unit U1 is there twice, first in line 1 → give each unit an id of its own",
    ],
    ["- [ ] **Unit 3: a**\n- [ ] **unit 3: b**", "plan.md, line 2: the unit unit-3 is there twice, first in line 1"],
    [" \n", "the plan plan.md is empty → name a Markdown file"],
    ["### U1. a\n\0", "plan.md, line 2: there is a NUL character"],
  ])("%j is refused", async (text, sentence) => {
    expect((await refusalOf(() => parse(text))).slice(0, sentence.length)).toBe(sentence);
  });

  it.each([
    ["Execution target: external-delegate", true],
    ["- Execution target: external-delegate", true],
    ["**Execution target:** external-delegate", true],
    ["- **Execution target**: `external-delegate`", true],
    ["EXECUTION TARGET: EXTERNAL-DELEGATE", true],
    ["**Execution note:** Test first. **Execution target: external-delegate**", true],
    ["**Execution note:**\n- Execution target: external-delegate\n- test first", true],
    ["Execution target: local", false],
    ["Execution target: external-delegate-not", false],
    ["Execution target: not external-delegate", false],
    ["```\nExecution target: external-delegate\n```", false],
    ["**Approach:** say `Execution target: external-delegate` in the docs", false],
    ["", false],
  ])("%j: delegated %s", (body, delegate) => {
    expect(unitOf(body)?.delegate).toBe(delegate);
  });

  it.each<[string, [PlanFile["kind"], string][], string[]]>([
    [
      "**Files:**\n- Create: `a.ts`\n- Modify: `b.ts`\n- Test: `c.ts`\n- Delete: `d.ts`\n- Read: `e.ts`",
      [
        ["create", "a.ts"],
        ["modify", "b.ts"],
        ["test", "c.ts"],
        ["delete", "d.ts"],
        ["read", "e.ts"],
      ],
      [],
    ],
    [
      "Files:\n- **Create:** `a.ts`, `b.ts`\n- **Modify**: c/d.ts, e.ts",
      [
        ["create", "a.ts"],
        ["create", "b.ts"],
        ["modify", "c/d.ts"],
        ["modify", "e.ts"],
      ],
      [],
    ],
    [
      "**Files:**\n- Create:\n  - `a.ts`\n  - `b.ts` (small)\n- `c.ts`",
      [
        ["create", "a.ts"],
        ["create", "b.ts"],
        ["modify", "c.ts"],
      ],
      [],
    ],
    [
      "**Files:** `a.ts`, `b.ts`",
      [
        ["modify", "a.ts"],
        ["modify", "b.ts"],
      ],
      [],
    ],
    [
      "- **Files:**\n  - `a.ts` (new)\n  - `b.ts` (deleted)",
      [
        ["create", "a.ts"],
        ["delete", "b.ts"],
      ],
      [],
    ],
    ["**Files:**\n- Modify: `a.ts:40-60` — let `parse` throw", [["modify", "a.ts"]], []],
    [
      "**Files:**\n- Rename: `a.ts` → `b.ts`",
      [
        ["modify", "a.ts"],
        ["modify", "b.ts"],
      ],
      [],
    ],
    ["**Files:**\n- `my file.ts`", [["modify", "my file.ts"]], []],
    ["#### Files\n\n- Create: `a.ts`\n\n#### Notes\n\n- `b.ts`", [["create", "a.ts"]], []],
    ["**Files:** none", [], []],
    ["**Files:**\n- Create: N/A", [], []],
    [
      "**Files:**\n- Docs: `a.md`\n- Modify: whatever is needed\n- the parser",
      [],
      ["Docs: `a.md`", "Modify: whatever is needed", "the parser"],
    ],
    ["**Files:**\n- constructor: `a.ts`", [], ["constructor: `a.ts`"]],
  ])("%j", (body, files, unclear) => {
    const unit = unitOf(body);
    expect(unit?.files.map(({ kind, path }) => [kind, path])).toEqual(files);
    expect(unit?.unclear.map(({ text }) => text)).toEqual(unclear);
  });

  it("is done with a hostile plan at once", () => {
    for (const text of [
      `### U1${".1".repeat(500_000)}`,
      `### U1${" ".repeat(900_000)}x`,
      `#${" #".repeat(400_000)}x`,
      `- **${"U1 ".repeat(300_000)}`,
      Array.from({ length: 60_000 }, (_, at) => `### U${at}. x`).join("\n"),
      `### U1. x\n**Files:**\n- Create: ${"`a`, ".repeat(100_000)}`,
      `### U1. x\n**Files:**\n- ${"a ".repeat(400_000)}`,
      `### U1. x\n**Files:**\n- a${" ".repeat(400_000)}b`,
      `### U1. x\n**Goal${" ".repeat(400_000)}:** b`,
      `### U1. x\nGoal${" ".repeat(400_000)}: b`,
      `### U1. x\n**Execution note:** execution target${" ".repeat(400_000)}x`,
      `### U1. x\n**Execution note:** ${"execution target".repeat(40_000)}`,
    ])
      parse(text);
  });
});

describe("readPlan", () => {
  const dir = mkdtempSync(join(tmpdir(), "plan-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "plan.md");

  it("reads a file, with its caps", async () => {
    writeFileSync(path, `\uFEFF${WHOLE}`);
    expect(await readPlan(path)).toEqual({ ...parse(WHOLE), path });
    truncateSync(path, 1_048_577);
    expect(await refusalOf(() => readPlan(path))).toContain("has 1048577 bytes, over the 1048576 that it may have");
    expect(await refusalOf(() => readPlan(dir))).toContain("is a directory");
  });
});

describe("draftFromUnit", () => {
  it("makes a packet of a unit", () => {
    expect(draftFromUnit(parse(WHOLE), "U1")).toEqual({
      role: "writer",
      goal: `Unit U1: Add a clock

Read unit U1 of the plan first.

One place that knows the time.

Execution note: Start with the test.

Approach:
- A function, not a class
- **Note:** no dependency

Test scenarios:
- **Happy path:** it moves on
- Test: it never goes back`,
      scope: ["src/clock.ts", "test/clock.test.ts"],
      nonGoals: ["the other units of the plan"],
      expectFiles: ["src/clock.ts"],
      verify: ["npm test -- clock"],
      verifyProse: ["No caller of Date.now is left"],
      plan: "plan.md",
      taskId: "U1",
    });
  });

  it("says no more than the unit does", () => {
    expect(draftFromUnit(parse("### Task 2.1\n**Files:** `a.ts`, `a.ts`"), "task-2.1")).toEqual({
      role: "writer",
      goal: "Unit task-2.1: Task 2.1\n\nRead unit task-2.1 of the plan first.",
      scope: ["a.ts"],
      nonGoals: ["the other units of the plan"],
      plan: "plan.md",
      taskId: "task-2.1",
    });
  });

  it.each([
    ["a long approach", "w ".repeat(900), "s ".repeat(100)],
    ["long scenarios", "w ".repeat(100), "s ".repeat(900)],
    ["both", "w ".repeat(900), "s ".repeat(900)],
    ["a fence that is cut", `w\n\n\`\`\`\n${"x\n".repeat(600)}\`\`\``, "s"],
  ])("keeps the goal under 500 words: %s", (_name, approach, scenarios) => {
    const plan = parse(
      `### U1. x\n**Files:** \`a\`\n**Goal:** ${"g ".repeat(50)}\n**Approach:** ${approach}\n**Test scenarios:** ${scenarios}`,
    );
    const goal = draftFromUnit(plan, "U1").goal ?? "";
    expect(goal.match(/\S+/g)?.length).toBeLessThan(500);
    expect(goal).toContain("… (the rest is in the plan)");
    expect(goal.split("```").length % 2).toBe(1);
    expect(goal).toMatch(/\n\nApproach:\nw[\s\S]*\n\nTest scenarios:\ns/);
  });

  it("a goal that is too long by itself is cut, too", () => {
    const goal = draftFromUnit(parse(`### U1. x\n**Files:** \`a\`\n**Goal:** ${"g ".repeat(900)}`), "U1").goal ?? "";
    expect(goal.match(/\S+/g)?.length).toBeLessThan(500);
  });

  it.each([
    ["U9", "### U1. a\n### U2. b", 'the plan plan.md has no unit "U9" → its units are U1, U2'],
    ["u1", "### U1. a", 'the plan plan.md has no unit "u1" → its units are U1'],
    ["U1", "# Nothing", 'the plan plan.md has no unit "U1" → it has no unit at all: a unit is a heading'],
    [
      "U1",
      "\n### U1. a\n**Goal:** x",
      "plan.md, line 2: the unit U1 names no files to change, so nobody knows what it may write → add a Files list",
    ],
    ["U1", "### U1. a\n**Files:**\n- Read: `a`", "plan.md, line 1: the unit U1 names no files to change"],
    [
      "U1",
      "### U1. a\n**Files:**\n- `a`\n- Docs: `b`",
      'plan.md, line 4: the files of unit U1 have "Docs: `b`", which names no path → write Create',
    ],
  ])("%s of %j is refused", async (id, text, sentence) => {
    expect((await refusalOf(() => draftFromUnit(parse(text), id))).slice(0, sentence.length)).toBe(sentence);
  });
});
