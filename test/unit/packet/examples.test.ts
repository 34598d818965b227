import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROLES } from "../../../src/core/packet.ts";
import { draftFromUnit } from "../../../src/packet/draft-from-unit.ts";
import { hasFrontMatter } from "../../../src/packet/front-matter.ts";
import { lintPacket } from "../../../src/packet/lint.ts";
import { parsePacketFile, readPacketFile } from "../../../src/packet/packet-file.ts";
import { listUnits, readPlan } from "../../../src/packet/plan.ts";
import { readText } from "../../../src/packet/read-text.ts";
import { renderPacket } from "../../../src/packet/render-packet.ts";
import { ROLE_TABLE } from "../../../src/packet/roles/index.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "..", "examples");
const PLAN = join(EXAMPLES, "plan.md");

describe("examples/", () => {
  it("has a packet for each role, some in either form, and a plan", () => {
    expect(readdirSync(EXAMPLES).sort()).toEqual([...ROLES, "plan"].map((name) => `${name}.md`).sort());
    const forms = ROLES.map((role) => hasFrontMatter(readText(join(EXAMPLES, `${role}.md`), "packet")));
    expect(forms.filter(Boolean).length).toBeGreaterThanOrEqual(2);
    expect(forms.filter((front) => !front).length).toBeGreaterThanOrEqual(2);
  });

  it.each(ROLES)("%s.md is a good packet of its role", async (role) => {
    const draft = await readPacketFile(join(EXAMPLES, `${role}.md`));
    const { goal = "", verify = [], verifyProse = [], scope = [] } = draft;
    expect(draft.role).toBe(role);
    expect(draft.deliverable).toBeDefined();
    expect(scope.length > 0).toBe(ROLE_TABLE[role].power === "write");
    const checks = verify.length + verifyProse.length;
    expect(lintPacket({ goal, prompt: goal, role: ROLE_TABLE[role], checks })).toEqual([]);
    expect(await parsePacketFile(renderPacket(draft), "again.md")).toMatchObject({ role, goal });
  });

  it("the writer's says all there is to say", async () => {
    expect(await readPacketFile(join(EXAMPLES, "writer.md"))).toMatchObject({
      workspace: ".",
      files: [{ path: "src/cache.ts", from: 40, to: 95 }, { path: "test/cache.test.ts" }],
      scope: ["src/cache.ts", "src/clock.ts", "test/cache.test.ts"],
      nonGoals: [
        "No new dependency",
        "The in-memory format of an entry stays as it is, because src/snapshot.ts reads it",
      ],
      expectFiles: ["src/clock.ts"],
      verify: ["npm test -- cache", "npx tsc --noEmit"],
      verifyProse: ["A test shows that an entry is there just before its time and gone just after it"],
      allowDirtyOverlap: false,
    });
  });

  it("the debugger's shows that decoration is no harm", async () => {
    expect(await readPacketFile(join(EXAMPLES, "debugger.md"))).toMatchObject({
      goal: "A message that throws is tried 3 times. Today it is tried for ever.",
      scope: ["src/queue/", "test/queue/retry.test.ts"],
      verify: ["npm test -- queue", "npm run lint"],
      verifyProse: ["The new test fails without the fix, for the reason that was found"],
    });
  });

  it("plan.md has three units, two of them for Codex, and each becomes a packet that reads back the same", async () => {
    const plan = await readPlan(PLAN);
    expect(plan.units.map(({ id }) => id)).toEqual(["U1", "U2", "U3"]);
    expect(listUnits(plan).map(({ id, title }) => `${id} ${title}`)).toEqual([
      "U1 Add a clock",
      "U2 Drop expired entries",
    ]);
    for (const { id } of plan.units) {
      const draft = draftFromUnit(plan, id);
      expect(await parsePacketFile(renderPacket(draft), "unit.md")).toStrictEqual(draft);
      const { goal = "", verify = [], verifyProse = [] } = draft;
      const checks = verify.length + verifyProse.length;
      expect(lintPacket({ goal, prompt: goal, role: ROLE_TABLE.writer, checks })).toEqual([]);
    }
    expect(draftFromUnit(plan, "U2")).toMatchObject({
      scope: ["src/cache.ts", "src/price.ts", "test/cache.test.ts"],
      verify: ["npm test -- cache"],
      verifyProse: ["No caller of Date.now is left in src"],
      plan: PLAN,
      taskId: "U2",
    });
  });
});
