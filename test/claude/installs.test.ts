import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import matter from "gray-matter";
import { expect, test } from "vitest";
import { CLAUDE, type Installed, inClaudeCode } from "../kit/claude-code.ts";
import { ROOT } from "../kit/lab.ts";
import type { Move } from "../kit/scripted-claude.ts";
import { ASK, bash, FIN, injected, SKILL, SKILL_CALL } from "./moves.ts";

const { data } = matter(readFileSync(join(ROOT, "SKILL.md"), "utf8"), {});
const COMMANDS = ["broker", "cancel", "doctor", "result", "review", "runs", "status"];

/** How it is installed, at a path with a space or not, as the bare sources or not, and how it is named to the model. */
const INSTALLS: [Installed, { spaced?: true; bare?: true }, string[]][] = [
  ["link", {}, ["ask-codex"]],
  ["copy", {}, ["ask-codex"]],
  ["copy", { spaced: true }, ["ask-codex"]],
  ["repository", {}, ["ask-codex"]],
  ["npx", { bare: true }, ["ask-codex"]],
  ["plugin", {}, ["ask-codex:ask-codex"]],
  ["plugin", { spaced: true, bare: true }, ["ask-codex:ask-codex"]],
  ["plugin-dir", {}, ["ask-codex:ask-codex"]],
  ["plugin-dir", { spaced: true }, ["ask-codex:ask-codex"]],
  ["plugin and copy", {}, ["ask-codex", "ask-codex:ask-codex"]],
];

const GOAL = '"Make a file named made. Done when npm test passes."';
const REQUEST = 'make it\'s "two words" cost $1 & $ARGUMENTS <b> `x` \\n';

test.each(INSTALLS)(
  "%s, %j: listed once and whole, called by words and by /ask-codex, and nothing is asked on the way to the answer",
  (installed, how, names) => {
    const ask = how.spaced ? `node "${SKILL}/scripts/ask_codex.mjs"` : ASK;
    const moves: Move[] = [
      SKILL_CALL,
      bash(`${ask} ${GOAL}`),
      { tool: "Read", input: { file_path: "{{output_path=(/.+)}}" } },
      FIN,
    ];
    const script = [[{ run: "touch made; env" }, { say: "I made it.\n\nStatus: done" }]];
    return inClaudeCode({ installed, ...how, script, moves }, async ({ lab, claude, skill, start }) => {
      const { refused, account, slashCommands } = await start("Let Codex make a file.").ended;
      expect(refused, account).toEqual([]);
      const listed = claude.told().match(/^- (?:ask-codex:)?ask-codex: .*$/gm);
      expect(listed).toEqual(names.map((name) => `- ${name}: ${data.description}`));
      expect((listed?.[0] ?? "").length / 4).toBeLessThanOrEqual(250);
      // The commands are for the user's hand: they cost the model nothing.
      expect(claude.told()).not.toMatch(new RegExp(`^- ask-codex:(${COMMANDS.join("|")})\\b`, "m"));
      const ours = slashCommands.filter((name) => name.startsWith("ask-codex"));
      expect(ours.sort()).toEqual([...names, ...COMMANDS.map((name) => `ask-codex:${name}`)].sort());

      expect(claude.told()).toContain(injected(skill));
      const [, ran, read] = claude.results();
      expect(ran?.text, account).toMatch(/^verdict=done\nexit_code=0\noutput_path=.+\n/m);
      expect(ran?.text).toContain("\n[FILES_MODIFIED]\n- made (created)\n");
      expect(ran?.text.includes("first call in"), ran?.text).toBe(how.bare === true);
      expect(read).toEqual({ text: expect.stringContaining("I made it."), isError: false });
      expect(lab.model.userTexts()).toHaveLength(1);
      // What Codex's commands see of the world is what its model got back from `env`.
      const environment = JSON.stringify(lab.model.requests.at(-1)?.body.input.at(-1));
      expect(environment).toContain("ASK_CODEX_RUN=");
      expect(environment).not.toMatch(/CLAUDE|ANTHROPIC|AI_AGENT/);

      claude.plays([FIN]);
      await start(`/ask-codex ${REQUEST}`).ended;
      expect(claude.told().match(/^Base directory for this skill: /gm)).toHaveLength(1);
      expect(claude.told()).toContain(`${injected(skill)}\n\n\nARGUMENTS: ${REQUEST}`);
      expect(await lab.left()).toEqual([]);
    });
  },
  180_000,
);

test("npx skills add copies the bundle and nothing that is a link", () =>
  inClaudeCode({ installed: "npx", moves: [] }, async ({ skill }) => {
    expect(realpathSync(skill)).toBe(skill);
    for (const name of ["SKILL.md", ".claude-plugin/plugin.json", "commands/runs.md", "package-lock.json"])
      expect(existsSync(join(skill, name)), name).toBe(true);
  }));

test("claude plugin validate --strict accepts the plugin and the marketplace", () =>
  inClaudeCode({ installed: "plugin-dir", moves: [] }, async ({ lab, env, skill }) => {
    for (const path of [skill, join(skill, ".claude-plugin", "plugin.json")]) {
      for (const flags of [[], ["--strict"]]) {
        const told = await lab.run(CLAUDE, ["plugin", "validate", ...flags, path], { env });
        expect(told.stdout + told.stderr).toMatch(/✔ Validation passed\n/);
        expect(told.code).toBe(0);
      }
    }
  }));

test("the checker of the Agent Skills accepts an installed copy", () =>
  inClaudeCode({ installed: "copy", moves: [] }, async ({ lab, skill }) => {
    const checker = join(ROOT, "node_modules", ".bin", "skills-ref");
    const { code, stdout, stderr } = await lab.run(checker, ["validate", skill]);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
  }));

test("plugin and package have one version, and the marketplace sells this plugin", () => {
  const json = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));
  const [plugin, market] = [json(".claude-plugin/plugin.json"), json(".claude-plugin/marketplace.json")];
  expect(plugin).toMatchObject({ name: "ask-codex", version: json("package.json").version, skills: ["./"] });
  expect(market.plugins).toEqual([expect.objectContaining({ name: plugin.name, source: "./" })]);
});
