import { describe, expect, it } from "vitest";
import { lintPacket } from "../../../src/packet/lint.ts";
import { ROLE_TABLE } from "../../../src/packet/roles/index.ts";

const codesOf = (goal: string, rest: Partial<Parameters<typeof lintPacket>[0]> = {}): string[] =>
  lintPacket({ goal, prompt: goal, role: ROLE_TABLE.writer, ...rest }).map((finding) => finding.code);

const block = (lines: number, width = 10): string => `\`\`\`ts\n${`${"x".repeat(width)}\n`.repeat(lines)}\`\`\``;
const FAKE_KEY = `sk-proj-${"aB3dE5".repeat(8)}`;

describe("lintPacket", () => {
  it.each<[string, string, string[]]>([
    ["a good goal", "Make Cache.get drop expired entries. Done when npm test -- cache passes.", []],
    ["500 words", `Run the tests. ${"word ".repeat(497)}`, []],
    ["501 words", `Run the tests. ${"word ".repeat(498)}`, ["too_many_words"]],
    ["no check", "Rename foo to bar in src/a.ts.", ["no_verification"]],
    ["'latest' is no test", "Use the latest contest rules in src/a.ts.", ["no_verification"]],
    ["a check by a tool's name", "Rename foo to bar; pytest is green after.", []],
    ["a test file", "Rename foo to bar, and in test_foo.py too.", []],
    ["lint", "Rename foo to bar. ESLint and the linter stay quiet.", []],
    ["build", "Rename foo to bar. The build must pass.", []],
    ["expectation", "parse('') is expected to return null.", []],
    ["compiles", "Rename foo to bar so that it compiles.", []],
    ["40 pasted lines", `Check this:\n${block(40)}`, []],
    ["41 pasted lines", `Check this:\n${block(41)}`, ["pasted_file"]],
    ["4,100 pasted characters", `Check this:\n${block(1, 4_100)}`, ["pasted_file"]],
    ["a pasted block that is never closed", `Check this:\n~~~\n${"x\n".repeat(60)}`, ["pasted_file"]],
    ["two short blocks", `Check:\n${block(30)}\n\nand\n\n${block(30)}`, []],
    ["a fence in a longer fence", `Check:\n\`\`\`\`md\n\`\`\`\n${"x\n".repeat(50)}\`\`\`\`\n`, ["pasted_file"]],
    ["as discussed", "As discussed, rename foo and run the tests.", ["conversation"]],
    ["as we said", "Rename foo, as we said. Run the tests.", ["conversation"]],
    ["as mentioned", "Fix the bug as I mentioned; run the tests.", ["conversation"]],
    ["see above", "Fix the bug (see above) and run the tests.", ["conversation"]],
    ["mentioned earlier", "Fix the bug mentioned earlier. Run the tests.", ["conversation"]],
    ["the previous conversation", "Do what the previous conversation ended with. Run tests.", ["conversation"]],
    ["you said", "You said that parse() is slow. Run the benchmark.", ["conversation"]],
    ["our discussion", "Apply the outcome of our discussion and run the tests.", ["conversation"]],
    ["the file above", "Rename foo in the file above. Run the tests.", ["conversation"]],
    ["your last answer", "Apply your last answer. Run the tests.", ["conversation"]],
    ["like last time", "Fix it like last time and run the tests.", ["conversation"]],
    ["across a line break", "Rename foo as\n  discussed. Run the tests.", ["conversation"]],
    ["the function above line 10", "Fix the function above line 10 and run the tests.", []],
    ["see above line 10", "See above line 10 of src/a.ts; run the tests.", []],
    ["the class above the enum", "Move the class above the enum; run the tests.", []],
    ["values above", "Reject all values above 100. Run the tests.", []],
    [
      "as described in a file",
      "Implement it as described in docs/api.md and as agreed in docs/adr-7.md; run tests.",
      [],
    ],
    ["as before", "The output stays the same as before the change; run the tests.", []],
    ["a message the code says", "Print the text that the user said was missing. Run the tests.", []],
    ["previous conversations as data", "Load previous chat messages from the database. Run tests.", []],
    ["this skill", "Use ask-codex to rename foo; run the tests.", ["skill_name"]],
    ["this skill's script", "Rename foo with ask_codex.mjs; run the tests.", ["skill_name"]],
    ["ask Codex", "Ask Codex to rename foo and run the tests.", ["skill_name"]],
    ["a task for codex", "Write the task codex gets into a file; run the tests.", []],
    ["a credential", `Use ${FAKE_KEY} to call the API and run the tests.`, ["credential"]],
    ["a credential's name", "Read OPENAI_API_KEY from the environment; run the tests.", []],
    ["an example address", "Connect to postgres://user:password@localhost/db in the tests.", []],
    ["NUL", "Rename foo\0bar and run the tests.", ["nul"]],
    ["two at once", "As discussed, use ask-codex.", ["no_verification", "conversation", "skill_name"]],
  ])("%s", (_name, goal, codes) => {
    expect(codesOf(goal)).toEqual(codes);
  });

  it.each(["scout", "reviewer", "verifier", "synthesizer"] as const)("%s needs no check in the goal", (role) => {
    expect(codesOf("Where are dates parsed?", { role: ROLE_TABLE[role] })).toEqual([]);
  });

  it("a packet with checks of its own needs none in the goal", () => {
    expect(codesOf("Rename foo to bar in src/a.ts.", { checks: 1 })).toEqual([]);
    expect(codesOf("Rename foo to bar in src/a.ts.", { checks: 0 })).toEqual(["no_verification"]);
  });

  it("a follow-up may refer to its session and need not name a check again", () => {
    expect(codesOf("Rename it too, as you said.", { followUp: true })).toEqual([]);
    expect(codesOf(`Rename it with ${FAKE_KEY}`, { followUp: true })).toEqual(["credential"]);
  });

  it("counts the prompt as Codex does, in characters", () => {
    const goal = "Run the tests.";
    expect(codesOf(goal, { prompt: "x".repeat(1_048_576) })).toEqual([]);
    expect(codesOf(goal, { prompt: "x".repeat(1_048_577) })).toEqual(["too_long"]);
    expect(codesOf(goal, { prompt: "🧪".repeat(1_048_576) })).toEqual([]);
  });

  it("refuses what can't be sent and warns of the rest", () => {
    const goal = `\0 ${FAKE_KEY} as discussed, ask codex\n${block(50)} ${"word ".repeat(600)}`;
    const findings = lintPacket({ goal, prompt: "x".repeat(1_048_577), role: ROLE_TABLE.writer });
    expect(Object.fromEntries(findings.map((finding) => [finding.code, finding.refuse]))).toEqual({
      nul: true,
      credential: true,
      too_long: true,
      too_many_words: false,
      no_verification: false,
      pasted_file: false,
      conversation: false,
      skill_name: false,
    });
  });

  it("says what, why and what to do, and never shows the secret", () => {
    const goal = `As\u00a0discussed: as  discussed, ${FAKE_KEY}`;
    const findings = lintPacket({ goal, prompt: goal, role: ROLE_TABLE.writer });
    for (const { message } of findings) {
      expect(message).toMatch(/^the .+: .+\.$/);
      expect(message).not.toContain(FAKE_KEY.slice(0, 12));
    }
    expect(findings.find((finding) => finding.code === "credential")?.message).toContain("openai-key");
    expect(lintPacket({ goal: "word ".repeat(612), prompt: "", role: ROLE_TABLE.scout })[0]?.message).toContain("612");
  });
});
