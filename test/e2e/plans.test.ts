import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPolicy, textOf, toolOutputs } from "../kit/attack.ts";
import { inLab, type LabOptions, ROOT } from "../kit/lab.ts";
import { type DryRun, dryRun, expectRefused, put, putIn, verificationOf } from "../kit/packets.ts";

const PLAN = `# Plan: a clock

### U1. Add a clock

**Goal:** One function that knows the time.

**Files:**
- Create: \`src/clock.ts\`
- Modify: \`src/index.ts\`

**Approach:** No class.

**Execution note:** Start with the test. Execution target: external-delegate

**Verification:**
- \`grep -q now src/clock.ts\` passes
- Nobody else asks for the time

### U2. Use the clock

**Goal:** The cache asks the clock.

**Files:**
- Modify: \`src/cache.ts\`

**Execution target:** external-delegate

### U3. Talk to operations

**Goal:** A number that all agree on.

### U4. Write it down

**Files:**
- Modify: whatever is needed

**Execution target:** external-delegate
`;
const WORLD: LabOptions = {
  files: { "docs/the plan.md": PLAN, "src/index.ts": "\n", "src/cache.ts": "\n" },
  script: [
    { run: "echo 'export const now = 1' > src/clock.ts; echo x >> src/index.ts; echo x > docs/x" },
    { say: "It is there.\n\nStatus: done" },
  ],
};
const U1 = ["--plan", "docs/the plan.md", "--task-id", "U1"];
const plan = (dir: string) => join(dir, "docs/the plan.md");

describe("the units of a plan", () => {
  test("are listed where they are meant for Codex, as text and as JSON; nothing is started", () =>
    inLab(WORLD, async (lab) => {
      const listed = await lab.ask("--plan", "docs/the plan.md", "--list-units");
      expect([listed.code, listed.stderr]).toEqual([0, ""]);
      expect(listed.stdout).toBe(
        "U1\tAdd a clock (line 3)\nU2\tUse the clock (line 19)\nU4\tWrite it down (line 32)\n",
      );
      const found = await lab.ask("--plan", "docs/the plan.md", "--list-units", "--json");
      expect(found.stdout).toMatch(/^[^\n]+\n$/);
      expect(JSON.parse(found.stdout)).toEqual({
        plan: plan(lab.workspace),
        units: [
          { id: "U1", title: "Add a clock", line: 3 },
          { id: "U2", title: "Use the clock", line: 19 },
          { id: "U4", title: "Write it down", line: 32 },
        ],
      });
      put(join(lab.dir, "other.md"), "# Nothing to do\n");
      const none = await lab.ask("--plan", "../other.md", "--list-units");
      expect([none.code, none.stdout]).toEqual([
        0,
        'no unit of ../other.md says "Execution target: external-delegate"\n',
      ]);
      expect(lab.model.requests).toEqual([]);
      expect(lab.processes()).toEqual([]);
    }));

  test("of the example are listed from any directory", () =>
    inLab({}, async (lab) => {
      const listed = await lab.ask("--plan", join(ROOT, "examples/plan.md"), "--list-units");
      expect(listed.stdout.match(/^U\d+\t/gm)).toEqual(["U1\t", "U2\t"]);
    }));

  test("one of them as a packet: --packet takes it and does the same", () =>
    inLab(WORLD, async (lab) => {
      const drafted = await lab.ask(...U1, "--draft-packet");
      expect([drafted.code, drafted.stderr]).toEqual([0, ""]);
      expect(drafted.stdout).toMatch(/^MODE: writer\n/);
      const packet = put(join(lab.dir, "U1 packet.md"), drafted.stdout);
      const same = ({ packet, power, limits, prompt, role }: DryRun) => ({ packet, power, limits, prompt, role });
      const [direct, byPacket] = [await dryRun(lab, U1), await dryRun(lab, ["--packet", packet])];
      expect(same(byPacket)).toEqual(same(direct));
      expect(direct.packet).toMatchObject({
        role: "writer",
        scope: ["src/clock.ts", "src/index.ts"],
        expectFiles: ["src/clock.ts"],
        verify: ["grep -q now src/clock.ts"],
        verifyProse: ["Nobody else asks for the time"],
        nonGoals: ["the other units of the plan"],
        plan: plan(lab.workspace),
        taskId: "U1",
      });
      expect(direct.sources.scope).toBe("unit U1 of docs/the plan.md");
      const json = await lab.ask(...U1, "--draft-packet", "--json");
      expect(JSON.parse(json.stdout)).toMatchObject({ taskId: "U1", scope: ["src/clock.ts", "src/index.ts"] });

      const called = await lab.ask("--packet", packet);
      expect(called.code, called.stdout).toBe(0);
      expect(called.lines).toMatchObject({ verification: "passed", files_changed: "2" });
      expect(lab.model.userTexts()[0]).toBe(direct.prompt);
    }));
});

describe("--plan with --task-id", () => {
  test("and no goal carries the unit out: its files are the scope, its checks are run", () =>
    inLab(WORLD, async (lab) => {
      const called = await lab.ask(...U1);
      expect(called.code, called.stdout + called.stderr).toBe(0);
      const prompt = lab.model.userTexts()[0] ?? "";
      expect(prompt).toContain("# Goal\nUnit U1: Add a clock\n\nRead unit U1 of the plan first.\n");
      expect(prompt).toContain(`# Plan\nRead ${plan(lab.workspace)} first; your unit is U1.\n`);
      expect(prompt).toContain("Execution note: Start with the test.\n");
      expect(prompt).not.toContain("external-delegate");
      expect(prompt).toContain("# Write scope\n- src/clock.ts\n- src/index.ts\n");
      const runId = called.lines.run_id ?? "";
      expect(readPolicy(lab, runId).power.scope).toEqual(["src/clock.ts", "src/index.ts"]);
      expect(verificationOf(lab, runId).rounds[0]).toMatchObject({
        checks: [{ command: "grep -q now src/clock.ts", outcome: "passed" }],
        expect_files: [{ path: "src/clock.ts", exists: true }],
      });
      expect(toolOutputs(lab)).toContain("Read-only file system");
      const request = JSON.parse(readFileSync(join(lab.recordDir(runId), "request.json"), "utf8"));
      expect(request.packet).toMatchObject({ plan: plan(lab.workspace), taskId: "U1" });
    }));

  test("holds the unit to its files: those of another are a violation", () =>
    inLab(
      { ...WORLD, script: [{ run: "touch src/clock.ts src/cache.ts.new" }, { say: "Status: done" }] },
      async (lab) => {
        const called = await lab.ask(...U1);
        expect([called.code, called.lines.policy]).toEqual([5, "violation"]);
        expect(called.stdout).toContain("- src/cache.ts.new (created, NOT ALLOWED)");
      },
    ));

  test("and a goal only points at the plan: scope and checks are the caller's", () =>
    inLab(WORLD, async (lab) => {
      const called = await lab.ask(
        ...U1,
        "--scope",
        "src",
        "--verify",
        "test -e src/clock.ts",
        "Only the parser of U1.",
      );
      expect(called.code, called.stdout).toBe(0);
      const prompt = lab.model.userTexts()[0] ?? "";
      expect(prompt).toContain("# Goal\nOnly the parser of U1.\n");
      expect(prompt).toContain(`# Plan\nRead ${plan(lab.workspace)} first; your unit is U1.\n`);
      expect(prompt).not.toContain("Add a clock");
      expect(prompt).not.toContain("grep -q now");
      expect(readPolicy(lab, called.lines.run_id ?? "").power.scope).toEqual(["src"]);
    }));

  test("a plan without a unit is read first; an option beats what the unit says", () =>
    inLab(WORLD, async (lab) => {
      const pointed = await dryRun(lab, ["--plan", "docs/the plan.md", "fix the tests"]);
      expect(pointed.prompt).toContain(`# Plan\nRead ${plan(lab.workspace)} first.\n`);
      expect(pointed.power.write).toBe("workspace");
      const planned = await dryRun(lab, [...U1, "--scope", "src/clock.ts", "--verify", "true", "--reasoning", "high"]);
      expect(planned.power.scope).toEqual(["src/clock.ts"]);
      expect(planned.packet.verify).toEqual(["true"]);
      expect(planned.packet.expectFiles).toEqual(["src/clock.ts"]);
      expect(planned.packet.goal).toContain("Unit U1: Add a clock");
    }));

  test("names a plan outside of the workspace by its real path", () =>
    inLab(WORLD, async (lab) => {
      const outside = put(join(lab.dir, "plans", "p.md"), PLAN);
      const planned = await dryRun(lab, ["--plan", "../../plans/p.md", "--task-id", "U2"], {
        cwd: join(lab.workspace, "src"),
      });
      expect(planned.packet.plan).toBe(outside);
    }));

  test("takes the unit's paths as the repository's, wherever the caller stands", () =>
    inLab(WORLD, async (lab) => {
      const planned = await dryRun(lab, ["--plan", "../docs/the plan.md", "--task-id", "U2"], {
        cwd: join(lab.workspace, "src"),
      });
      expect(planned.power.scope).toEqual(["src/cache.ts"]);
    }));
});

describe("a bad plan", () => {
  test.each<[string, readonly string[], RegExp, RegExp?]>([
    ["an unknown unit", ["--plan", "docs/the plan.md", "--task-id", "U9"], /has no unit "U9"/, /U1, U2, U3, U4/],
    ["a unit in other letters", ["--plan", "docs/the plan.md", "--task-id", "u1"], /has no unit "u1"/, /U1/],
    ["a unit without files", ["--plan", "docs/the plan.md", "--task-id", "U3"], /line 28: the unit U3 names no files/],
    ["files that are a sentence", ["--plan", "docs/the plan.md", "--task-id", "U4"], /line 35: .*"Modify: whatever is/],
    ["no unit named", ["--plan", "docs/the plan.md"], /there is no goal/],
    ["a packet of no unit", ["--plan", "docs/the plan.md", "--draft-packet"], /--draft-packet needs a unit/],
    [
      "a packet of an unknown unit",
      ["--plan", "docs/the plan.md", "--draft-packet", "--task-id", "U9"],
      /no unit "U9"/,
    ],
    ["a list of no plan", ["--list-units"], /--list-units needs a plan/],
    ["a list with a goal", ["--plan", "docs/the plan.md", "--list-units", "go"], /takes no goal/],
    ["both at once", ["--plan", "docs/the plan.md", "--list-units", "--draft-packet"], /ask for different things/],
    ["a missing plan", ["--plan", "no.md", "--task-id", "U1"], /no\.md can't be read: it does not exist/],
    ["a missing plan and a goal", ["--plan", "no.md", "go and test it"], /no\.md can't be read: it does not exist/],
    ["a missing plan to list", ["--plan", "no.md", "--list-units"], /no\.md can't be read: it does not exist/],
    ["a directory", ["--plan", "docs", "--task-id", "U1"], /docs is a directory/],
    ["a directory and a goal", ["--plan", "docs", "go and test it"], /docs is not a file/],
    ["a directory to list", ["--plan", "docs", "--list-units"], /docs is a directory/],
    ["nothing in it", ["--plan", "docs/empty.md", "--task-id", "U1"], /docs\/empty\.md is empty/],
    [
      "a unit twice",
      ["--plan", "docs/twice.md", "--task-id", "U1"],
      /line 3: the unit U1 is there twice, first in line 1/,
    ],
    ["a NUL", ["--plan", "docs/nul.md", "--task-id", "U1"], /line 2: there is a NUL character/],
    ["bytes that are not UTF-8", ["--plan", "docs/latin.md", "--list-units"], /not UTF-8/],
  ])("with %s is refused", (_, args, says, hint) =>
    inLab(WORLD, async (lab) => {
      putIn(lab, "docs/empty.md", " \n");
      putIn(lab, "docs/twice.md", "### U1. One\n\n### U1. Two\n");
      putIn(lab, "docs/nul.md", "### U1. One\n\0\n");
      putIn(lab, "docs/latin.md", Buffer.from([0x23, 0xff]));
      await expectRefused(lab, args, { says, ...(hint ? { hint } : {}) });
      expect(textOf(lab, "docs/the plan.md")).toBe(PLAN);
    }),
  );
});
