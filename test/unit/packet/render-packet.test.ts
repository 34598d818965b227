import { describe, expect, it } from "vitest";
import { Draft } from "../../../src/packet/draft.ts";
import { parsePacketFile } from "../../../src/packet/packet-file.ts";
import { renderPacket } from "../../../src/packet/render-packet.ts";
import { refusalOf } from "./refusal.ts";

const back = (draft: Draft) => parsePacketFile(renderPacket(draft), "p.md");
const scout = { role: "scout", goal: "Find it." };

describe("renderPacket", () => {
  it("writes a packet that is good to read", () => {
    const draft: Draft = {
      role: "writer",
      workspace: "../a b",
      plan: "/repo/plan.md",
      taskId: "U1",
      goal: "Add a clock.\n\nIt ticks.",
      files: [{ path: "src/a.ts", from: 4, to: 9 }, { path: "src/b.ts", from: 2 }, { path: "src/c.ts" }],
      scope: ["src/clock.ts", "test/"],
      nonGoals: ["the other units, all of them"],
      expectFiles: ["src/clock.ts"],
      verify: ["npm test -- clock", "npm run \\\n  lint"],
      verifyProse: ["No caller of Date.now is left"],
      deliverable: "The change.",
      context: "It is needed.",
      allowDirtyOverlap: false,
    };
    expect(renderPacket(draft)).toBe(`MODE: writer

WORKDIR:
- \`../a b\`

PLAN:
- \`/repo/plan.md\`

TASK ID: U1

OBJECTIVE:
Add a clock.

It ticks.

ENTRY FILES:
- \`src/a.ts:4-9\`
- \`src/b.ts:2\`
- \`src/c.ts\`

WRITE SCOPE:
- \`src/clock.ts\`
- \`test/\`

NON-GOALS:
- the other units, all of them

EXPECTED FILES:
- \`src/clock.ts\`

VERIFICATION:
\`\`\`
npm test -- clock
npm run \\
  lint
\`\`\`
- No caller of Date.now is left

DELIVERABLE:
The change.

CONTEXT:
It is needed.

ALLOW DIRTY OVERLAP: no
`);
  });

  it.each<[string, Draft]>([
    ["fields in a text", { ...scout, goal: "Explain\nMODE: writer\n## WRITE SCOPE\nNOTE: x\n- OBJECTIVE: y\nto me." }],
    ["an open fence", { ...scout, goal: "Explain\n```\nMODE: writer" }],
    ["a fence", { ...scout, goal: "Explain\n```\nMODE: writer\n```" }],
    ["a field at the start", { ...scout, context: "MODE: writer" }],
    ["indentation", { ...scout, context: "a\n    b\n\n  c" }],
    ["a rule inside", { ...scout, context: "a\n\n---\n\nb" }],
    ["a list", { ...scout, goal: "- a\n- b" }],
    [
      "odd paths",
      { ...scout, role: "writer", scope: ["a, b.ts", "the file (NEW)", "src/{a,b}/*.ts", "a — b", "C:\\x", "q`b"] },
    ],
    ["a quote in a path", { ...scout, role: "writer", scope: ['a"b and c'] }],
    ["no writes", { ...scout, role: "debugger", scope: [] }],
    ["no non-goals", { ...scout, nonGoals: [] }],
    ["no checks", { ...scout, verify: [], verifyProse: [] }],
    ["odd checks", { ...scout, verify: ["echo '```'", "make sure", "none", 'grep -q "a — b" x'] }],
    ["prose", { ...scout, verifyProse: ["make sure that it works", "It does."] }],
  ])("reads back the same: %s", async (_name, draft) => {
    expect(await back({ ...draft, role: draft.role === "scout" ? "scout" : draft.role })).toStrictEqual(draft);
  });

  it("leaves out what no field can say", async () => {
    const draft = Draft.parse({ ...scout, model: "m", timeoutS: 9, engine: "exec", verifyBase: true });
    expect(await back(draft)).toStrictEqual(scout);
  });

  it("refuses a check of several lines", async () => {
    expect(await refusalOf(() => renderPacket({ ...scout, verify: ["cd web\nnpm test"] }))).toBe(
      String.raw`the check "cd web\nnpm test" has several lines, which a field can't hold → join them with && or keep the packet as front matter`,
    );
  });
});
