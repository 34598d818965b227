import { describe, expect, it } from "vitest";
import { type Packet, ROLES } from "../../../src/core/packet.ts";
import type { Power } from "../../../src/core/request.ts";
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

const packetOf = (role: Packet["role"], goal = GOAL): Packet => ({ version: 1, goal, role, files: [] });
const powerOf = (role: Packet["role"]): Power => ({
  write: ROLE_TABLE[role].power === "write" ? "workspace" : "none",
  network: false,
});
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
  it.each([
    [{ write: "none", network: false }, "You can write nothing."],
    [{ write: "workspace", network: false }, "You can write the workspace and /tmp, nothing else. `.git` is read-only"],
    [{ write: "everything", network: false }, "You can write everything this user can."],
    [{ write: "workspace", network: true }, "The network is on."],
    [{ write: "workspace", network: false }, "The network is off"],
  ] as const)("%j", (power, text) => {
    expect(promptOf("writer", { power })).toContain(text);
  });

  it("a writing role that may write nothing delivers a message, not a change", () => {
    const prompt = promptOf("writer", { power: { write: "none", network: false } });
    expect(prompt).toContain("Deliverable: your last message.");
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
