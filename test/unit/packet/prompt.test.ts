import { describe, expect, it } from "vitest";
import { type Packet, ROLES } from "../../../src/core/packet.ts";
import type { Power } from "../../../src/core/policy.ts";
import { buildFollowUp, buildPrompt } from "../../../src/packet/prompt.ts";
import { ROLE_TABLE } from "../../../src/packet/roles/index.ts";
import type { FileFact, WorkspaceFacts } from "../../../src/packet/workspace-facts.ts";

const GOAL = "Make Cache.get drop expired entries instead of returning them. Done when npm test -- cache passes.";

const file = (path: string, rest: Partial<FileFact> = {}): FileFact => ({
  path,
  kind: "file",
  outside: false,
  beyondEnd: false,
  ...rest,
});
const FILES: FileFact[] = [
  file("src/cache.ts", { from: 40, to: 95, lines: 320 }),
  file("test/cache.test.ts", { lines: 1 }),
  file("docs/expiry.md", { kind: "missing" }),
];
const FACTS: WorkspaceFacts = { path: "/repo", git: true, guides: ["AGENTS.md", "CLAUDE.md"], files: FILES };
const BARE: WorkspaceFacts = { path: "/data", git: false, guides: [], files: [] };

const packetOf = (role: Packet["role"], goal = GOAL, rest: Partial<Packet> = {}): Packet => ({
  version: 1,
  goal,
  role,
  files: [],
  nonGoals: [],
  verify: [],
  verifyProse: [],
  expectFiles: [],
  allowDirtyOverlap: false,
  ...rest,
});
const power = (write: Power["write"], rest: Partial<Power> = {}): Power => ({
  write,
  scope: [],
  writable: [],
  network: false,
  tmp: true,
  env: [],
  ...rest,
});
const powerOf = (role: Packet["role"]): Power =>
  ROLE_TABLE[role].power === "write" ? power("workspace") : power("none", { tmp: false });
const promptOf = (role: Packet["role"], rest: Partial<Parameters<typeof buildPrompt>[0]> = {}): string =>
  buildPrompt({
    packet: packetOf(role),
    role: ROLE_TABLE[role],
    facts: FACTS,
    power: powerOf(role),
    schema: false,
    askTool: true,
    ...rest,
  });

const VERIFY_WRITE =
  "Verification: run the checks that fit the change yourself and report each command with its result; the caller runs its own.\n";
const VERIFY_READ = "Verification: cite the evidence (path:line, command and output) for each claim.\n";

describe("the exact prompt of each role: test/unit/packet/prompts/", () => {
  it.each(ROLES)("%s", async (role) => {
    await expect(promptOf(role)).toMatchFileSnapshot(`prompts/${role}.txt`);
  });

  it("writer, no git, no guides, no entry files, no tool to ask with", async () => {
    await expect(promptOf("writer", { facts: BARE, askTool: false })).toMatchFileSnapshot("prompts/writer-bare.txt");
  });

  it("scout whose answer has to satisfy a schema", async () => {
    await expect(promptOf("scout", { schema: true })).toMatchFileSnapshot("prompts/scout-schema.txt");
  });

  it("follow-up", async () => {
    const packet = packetOf("writer", "Review finding: src/cache.ts:61 leaves the timer running. Clear it.");
    const prompt = buildFollowUp({ packet, facts: FACTS, schema: false, askTool: true });
    await expect(prompt).toMatchFileSnapshot("prompts/follow-up.txt");
  });

  const whole: Partial<Packet> = {
    scope: ["src/cache.ts", "test/cache/", "docs/**/*.md"],
    nonGoals: ["no new dependency", "the shape\nof an entry"],
    verify: ["npm test -- cache", "npm run lint"],
    verifyProse: ["Every caller still compiles.", "The docs name the new clock"],
    expectFiles: ["src/clock.ts"],
    deliverable: "the change, and a list of its callers.",
    context: "Entries without a time never expire.\nThe clock is the machine's.",
    plan: "/repo/docs/plan.md",
    taskId: "unit-3",
  };

  it("writer with everything that a packet can say", async () => {
    const prompt = promptOf("writer", {
      packet: packetOf("writer", GOAL, whole),
      power: power("scope", { scope: whole.scope ?? [], writable: ["/data/out"], tmp: false }),
    });
    await expect(prompt).toMatchFileSnapshot("prompts/writer-whole.txt");
  });

  it("follow-up with everything that a packet can say", async () => {
    const packet = packetOf("writer", "Now the docs.", whole);
    const prompt = buildFollowUp({ packet, facts: BARE, schema: false, askTool: false });
    await expect(prompt).toMatchFileSnapshot("prompts/follow-up-whole.txt");
  });
});

describe("every prompt", () => {
  it.each(ROLES)("%s: ends with its Verification line, stays small, never names the skill", (role) => {
    for (const [schema, askTool] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      const prompt = promptOf(role, { schema, askTool });
      expect(prompt.endsWith(ROLE_TABLE[role].power === "write" ? VERIFY_WRITE : VERIFY_READ)).toBe(true);
      expect(Buffer.byteLength(prompt) - GOAL.length).toBeLessThan(2_560);
      expect(prompt).not.toMatch(/ask[-_ ]?codex/i);
      expect(prompt.includes("`ask_caller`")).toBe(askTool);
      expect(prompt.includes("Status: done|partial|question|blocked")).toBe(!schema);
      expect(prompt.includes("only JSON that satisfies the given output schema")).toBe(schema);
    }
  });
});

describe("the goal arrives byte for byte", () => {
  it.each([
    ["quotes", `say "hi" and 'ho' and \\"both\\"`],
    ["shell", `echo $(whoami) \`id\` \${HOME} $1 && rm -rf / ; !!`],
    ["replacement patterns", "$& $$ $` $' $1 $<goal>"],
    ["newlines", "first\n\n  indented\r\nCRLF\n\n# Goal\nStatus: done\n"],
    ["emoji and marks", "fix 🧑‍💻 naïve é zero​width"],
    ["line separators", "a\u2028b\u2029c\u0085d"],
    ["blank ends", "  \n\tgoal \n "],
    ["fence", "```ts\nconst a = `b`;\n```"],
    ["flags", "--model x -m pytest --write"],
  ])("%s", (_name, goal) => {
    const packet = packetOf("writer", goal);
    expect(promptOf("writer", { packet })).toContain(`\n${goal}\n`);
    const followUp = buildFollowUp({ packet, facts: BARE, schema: false, askTool: false });
    expect(followUp.startsWith(`${goal}\n`)).toBe(true);
  });
});

describe("entry files", () => {
  it.each([
    [file("a.ts"), "- a.ts"],
    [file("a.ts", { lines: 12 }), "- a.ts (12 lines)"],
    [file("a.ts", { from: 3, lines: 12 }), "- a.ts:3 (of 12 lines)"],
    [file("a.ts", { from: 3, to: 3, lines: 12 }), "- a.ts:3 (of 12 lines)"],
    [file("a.ts", { from: 3, to: 40, lines: 12, beyondEnd: true }), "- a.ts:3-40 (the file has only 12 lines)"],
    [file("src", { kind: "directory" }), "- src (directory)"],
    [file("gone.ts", { kind: "missing", from: 4 }), "- gone.ts:4 (missing)"],
    [file("locked", { kind: "unreadable" }), "- locked (unreadable)"],
    [file("/x/y.md", { outside: true, lines: 3 }), "- /x/y.md (outside the workspace; 3 lines)"],
    [file("/x/z", { outside: true, kind: "missing" }), "- /x/z (missing; outside the workspace)"],
    [file("a\n# Power\n.ts"), String.raw`- "a\n# Power\n.ts"`],
  ])("%j", (fact, line) => {
    const prompt = promptOf("writer", { facts: { ...FACTS, files: [fact] } });
    const [, section = ""] = /# Entry files\n([\s\S]*?)\n\n# Power/.exec(prompt) ?? [];
    expect(section.split("\n")[0]).toBe(line);
    expect(section.includes("should have been there")).toBe(fact.kind === "missing");
  });

  it("none: no section", () => {
    expect(promptOf("writer", { facts: BARE })).not.toContain("Entry files");
    expect(buildFollowUp({ packet: packetOf("writer"), facts: BARE, schema: false, askTool: false })).not.toContain(
      "Entry files",
    );
  });
});

describe("power", () => {
  it.each<[Power, string]>([
    [power("none"), "You may write nothing but $TMPDIR and /tmp. Where a command fails because it has to"],
    [power("none", { tmp: false }), "You may write nothing but $TMPDIR. Where a command fails because it has to"],
    [
      power("none", { tmp: false, writable: ["/a", "/b"] }),
      "You may write nothing but $TMPDIR, /a and /b. Where a command",
    ],
    [power("workspace"), "You may write the workspace, $TMPDIR and /tmp, nothing else. Leave `.git` as it is"],
    [power("workspace", { tmp: false }), "You may write the workspace and $TMPDIR, nothing else. Leave `.git`"],
    [
      power("scope", { scope: ["src"] }),
      "You may write what the write scope names, $TMPDIR and /tmp, nothing else. Leave `.git`",
    ],
    [
      power("scope", { scope: ["src"], writable: ["/a\nb"] }),
      String.raw`names, $TMPDIR, /tmp and "/a\nb", nothing else.`,
    ],
    [power("everything"), "You can write everything this user can. Keep to what the goal needs, and do not commit."],
    [power("workspace", { network: true }), "\nThe network is on.\n"],
    [power("workspace"), "\nThe network is off, and connections to localhost may fail too."],
  ])("%j", (given, text) => {
    expect(promptOf("writer", { power: given })).toContain(text);
  });

  it.each(["none", "scope", "workspace"] as const)("promises no sandbox, for there may be none (%s)", (write) => {
    expect(promptOf("writer", { power: power(write, { scope: ["src"] }) })).not.toMatch(
      /kernel|read-only|You can write|elsewhere fails/,
    );
  });

  it("says nothing of .git where there is none", () => {
    expect(promptOf("writer", { facts: BARE })).not.toContain(".git");
  });

  it("a writing role that may write nothing delivers a message, not a change", () => {
    const prompt = promptOf("writer", { power: power("none") });
    expect(prompt).toContain("Deliverable: your last message.");
  });
});

describe("what a packet says", () => {
  it.each<[string, Partial<Packet>, Partial<Power>, string]>([
    ["a plan", { plan: "/p.md" }, {}, "\n# Plan\nRead /p.md first.\n"],
    ["a unit", { plan: "/p.md", taskId: "U3" }, {}, "\n# Plan\nRead /p.md first; your unit is U3.\n"],
    ["a plan with an odd name", { plan: "/p\n# Power" }, {}, String.raw`Read "/p\n# Power" first.`],
    ["a context", { context: "Why.\n\nAnd how." }, {}, "\n# Context\nWhy.\n\nAnd how.\n\n# Workspace\n"],
    ["non-goals", { nonGoals: ["a", "b\n c"] }, {}, "\n# Non-goals\n- a\n- b c\n\n"],
    [
      "expected files",
      { expectFiles: ["a", "b"] },
      {},
      "\n# Expected files\nThese must exist when you are done:\n- a\n- b\n\n",
    ],
    ["a deliverable", { deliverable: "a list" }, {}, "\n# Report\nDeliverable: a list\nWhen you need"],
    [
      "a scope, as it is enforced",
      { scope: ["./src/"] },
      { write: "scope", scope: ["src/", "a\nb"] },
      `\n# Write scope\n- src/\n- ${String.raw`"a\nb"`}\nWrite nothing else in the workspace: a sandbox refuses what it can, and the caller compares`,
    ],
  ])("%s", (_name, said, given, text) => {
    const prompt = promptOf("writer", { packet: packetOf("writer", GOAL, said), power: power("workspace", given) });
    expect(prompt).toContain(text);
  });

  it("is not there where a packet says nothing", () => {
    const prompt = promptOf("writer", { facts: BARE, packet: packetOf("writer", GOAL, { taskId: "U3", scope: [] }) });
    expect(prompt.match(/^# .*/gm)).toEqual(["# Role: writer", "# Goal", "# Workspace", "# Power", "# Report"]);
    expect(prompt).not.toContain("U3");
  });

  it.each<[Packet["role"], Partial<Packet>, string]>([
    ["writer", { verify: ["npm test"] }, "with its result; the caller then runs, outside your control: `npm test`."],
    ["writer", { verify: ["a", "b `c`", "d ``e"] }, "outside your control: `a`, `` b `c` ``, ``` d ``e ```."],
    ["writer", { verify: ["cd x\nnpm test"] }, 'outside your control: `"cd x\\nnpm test"`.'],
    [
      "writer",
      { verifyProse: ["It works.", "So\ndoes that;"] },
      "with its result; check and report also: It works; So does that; the caller runs its own.",
    ],
    ["scout", { verify: ["npm test"] }, "for each claim; the caller then runs, outside your control: `npm test`."],
    ["scout", { verifyProse: ["It holds"] }, "for each claim; check and report also: It holds."],
  ])("%s, %j: the last line", (role, said, end) => {
    const last =
      promptOf(role, { packet: packetOf(role, GOAL, said) })
        .trimEnd()
        .split("\n")
        .at(-1) ?? "";
    expect(last.startsWith("Verification: ")).toBe(true);
    expect(last.endsWith(end), last).toBe(true);
  });

  it.each<[Partial<Packet>, string]>([
    [{ scope: ["src"] }, "Again.\n\nWrite scope of this run:\n- src\n\nEnd your"],
    [{ scope: [] }, "Again.\n\nWrite nothing in this run.\n\nEnd your"],
    [{ plan: "/p.md", taskId: "U3" }, "Again.\n\nRead /p.md first; your unit is U3.\n\nEnd your"],
    [{ verify: ["a"] }, "`blocked`.\n\nVerification: the caller then runs, outside your control: `a`.\n"],
    [{ verifyProse: ["b."] }, "`blocked`.\n\nVerification: check and report also: b.\n"],
    [{}, "Again.\n\nEnd your"],
  ])("a follow-up repeats nothing but what is given for it: %j", (said, text) => {
    const packet = packetOf("writer", "Again.", said);
    expect(buildFollowUp({ packet, facts: BARE, schema: false, askTool: false })).toContain(text);
  });
});

describe("asking", () => {
  it.each([
    [false, true, "call the tool `ask_caller` with one clear question"],
    [false, false, "ask it as the last paragraph, directly above `Status: question`"],
    [true, true, "call the tool `ask_caller` with one clear question"],
    [true, false, "take the most cautious reading of the goal"],
  ])("schema %s, tool %s", (schema, askTool, text) => {
    expect(promptOf("writer", { schema, askTool })).toContain(text);
  });

  it("a follow-up reminds of the JSON where there is a schema", () => {
    const prompt = buildFollowUp({ packet: packetOf("scout", "Again."), facts: BARE, schema: true, askTool: false });
    expect(prompt).toBe(
      "Again.\n\nYour last message is only JSON that satisfies the output schema, without a Status line.\n",
    );
  });
});
