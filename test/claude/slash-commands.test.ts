import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import matter from "gray-matter";
import { expect, test } from "vitest";
import { inClaudeCode } from "../kit/claude-code.ts";
import { ROOT } from "../kit/lab.ts";
import { bash, FIN } from "./moves.ts";

const NAMES = ["broker", "cancel", "doctor", "result", "review", "runs", "status"];
const source = (name: string) => matter(readFileSync(join(ROOT, "commands", `${name}.md`), "utf8"), {});

/** Quotes, expansions, options, tags. */
const TEXT = 'it\'s "two words" $1 $HOME -m pytest --write "$(touch ran)" `touch ran` $ARGUMENTS @README.md <b> \\n';

test.each(NAMES)("/ask-codex:%s puts its text before Claude, with the user's words as they were typed", (name) =>
  inClaudeCode({ moves: [FIN] }, async ({ lab, claude, skill, start }) => {
    const { refused, account } = await start(`/ask-codex:${name} ${TEXT}`).ended;
    expect(refused, account).toEqual([]);
    const body = source(name)
      .content.trim()
      .replaceAll(/\$\{CLAUDE_PLUGIN_ROOT\}/g, () => skill);
    expect(claude.told()).toContain(body.replace("$ARGUMENTS", () => TEXT));
    expect(existsSync(join(lab.workspace, "ran"))).toBe(false);
  }),
);

test.each(NAMES)("%s.md is short, costs the model nothing in the listing, and grants itself nothing", (name) => {
  const { data, content } = source(name);
  expect(Object.keys(data).sort()).toEqual(["argument-hint", "description", "disable-model-invocation"]);
  expect(data["disable-model-invocation"]).toBe(true);
  expect(content.length / 4).toBeLessThan(250);
  expect(content.match(/\$ARGUMENTS/g)).toEqual(["$ARGUMENTS"]);
  // Positional arguments go through a parser of shells; a body with `!` is run.
  expect(content).not.toMatch(/\$\d|\$ARGUMENTS\[|!`|^```!/m);
  for (const [, script = ""] of content.matchAll(/scripts\/(\w+)\.mjs/g))
    expect(content).toContain(`node \${CLAUDE_PLUGIN_ROOT}/scripts/${script}.mjs`);
});

test("what a command's own text would run is not run in the user's words: Claude Code puts a backslash before it", () =>
  inClaudeCode({ moves: [FIN] }, async ({ lab, claude, start }) => {
    const { refused, account } = await start("/ask-codex:runs !`touch ran`").ended;
    expect(refused, account).toEqual([]);
    expect(claude.told()).toContain("<request>\n\\! `touch ran`\n</request>");
    expect(existsSync(join(lab.workspace, "ran"))).toBe(false);
  }));

test("a model cannot call a slash command of its own accord", () =>
  inClaudeCode({ moves: [{ tool: "Skill", input: { skill: "ask-codex:cancel" } }, FIN] }, async ({ claude, start }) => {
    await start("Stop it.").ended;
    expect(claude.results()).toEqual([{ text: expect.stringContaining("disable-model-invocation"), isError: true }]);
  }));

test("the command line of a slash command needs no other rule than those of the skill", () =>
  inClaudeCode(
    {
      moves: [
        bash("{{call `(node \\S+codex_runs\\.mjs) show ID`}} list"),
        bash("{{`(node \\S+codex_runs\\.mjs) list`}} list --all"),
        FIN,
      ],
    },
    async ({ claude, start }) => {
      const { refused, account } = await start("/ask-codex:status").ended;
      expect(refused, account).toEqual([]);
      expect(claude.results()).toEqual([
        { text: expect.any(String), isError: false },
        { text: expect.any(String), isError: false },
      ]);
    },
  ));

test("free text reaches a session over stdin as it was typed", () => {
  const text = '-m pytest --write "$(id)" it\'s `x` $1';
  const moves = [
    bash(`{{The script is \`(node \\S+)}} start --name probe - <<'EOF'\n${text}\nEOF`),
    bash("{{The script is `(node \\S+)}} wait probe"),
    bash("{{The script is `(node \\S+)}} stop probe"),
    FIN,
  ];
  return inClaudeCode({ moves }, async ({ lab, start }) => {
    const { refused, account } = await start(`/ask-codex:broker start ${text}`).ended;
    expect(refused, account).toEqual([]);
    expect(lab.model.userTexts()).toEqual([expect.stringContaining(text)]);
    expect(await lab.left()).toEqual([]);
  });
});
