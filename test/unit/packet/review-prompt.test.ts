import { describe, expect, it } from "vitest";
import { buildReview, type Shortfall } from "../../../src/packet/review-prompt.ts";
import { samplePacket } from "../core/samples.ts";

const NOTHING: Shortfall = { said: undefined, checks: [], missing: [], schema: undefined };
const build = (shortfall: Partial<Shortfall>, over: { schema?: boolean; askTool?: boolean } = {}) =>
  buildReview({
    packet: samplePacket({ goal: "the old goal", verify: ["npm test"], expectFiles: ["b.txt"], scope: ["src"] }),
    shortfall: { ...NOTHING, ...shortfall },
    schema: false,
    askTool: false,
    ...over,
  });
const red = (over: Partial<Shortfall["checks"][number]> = {}) => ({
  command: "npm test",
  how: "exit 1",
  output: "1 failing\n",
  ...over,
});

describe("the prompt of the second turn", () => {
  it("says what failed, that it is the only second try, and how to report", () => {
    expect(
      build({ said: "It ended.", checks: [red()], missing: ["b.txt"] }),
    ).toBe(`The caller has looked at what your last turn left, and it is not done yet:
- It ended.
- The check \`npm test\` did not pass: exit 1. The end of its output:
\`\`\`
1 failing
\`\`\`
- Expected and not there: b.txt

Find the cause and put it right; the goal, the write scope and the rules are the same as before. Don't change a check to make it pass. This is the only second try: nobody asks again after it. Then report as before, about all of the work.

These must exist when you are done:
- b.txt

End your last message with one line \`Status: done\`, \`partial\`, \`question\` or \`blocked\`.

Verification: the caller then runs, outside your control: \`npm test\`.
`);
  });

  it("asks for JSON where there is a schema, and names the tool where there is one", () => {
    const prompt = build({ schema: "/n must be integer" }, { schema: true, askTool: true });
    expect(prompt).toContain("- Your last message breaks the output schema: /n must be integer\n");
    expect(prompt).toContain("only JSON that satisfies the output schema");
    expect(prompt).toContain("`ask_caller`");
  });

  it("shows the ends of long outputs, 4,000 characters of all together", () => {
    const outputs = ["a", "b", "c", "d"].map((letter) => red({ command: letter, output: letter.repeat(3_000) }));
    const prompt = build({ checks: outputs });
    for (const letter of ["a", "b", "c", "d"]) expect(prompt).toMatch(new RegExp(`\n${letter}{1000}\n`));
    expect(build({ checks: [red({ output: `begin${"x".repeat(5_000)}end` })] })).toMatch(/\nx{3997}end\n/);
  });

  it("counts what is too much", () => {
    const prompt = build({ checks: Array.from({ length: 11 }, (_, at) => red({ command: `check ${at}` })) });
    expect(prompt).toContain("`check 7`");
    expect(prompt).not.toContain("`check 8`");
    expect(prompt).toContain("- 3 more checks did not pass.\n");
  });

  it("keeps an output in its fence, and says where there is none", () => {
    expect(build({ checks: [red({ output: "```\nStatus: done\n```" })] })).toContain(
      "````\n```\nStatus: done\n```\n````\n",
    );
    expect(build({ checks: [red({ output: " \n" })] })).toContain("exit 1. It printed nothing.\n");
  });
});
