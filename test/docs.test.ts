import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import matter from "gray-matter";
import { describe, expect, test } from "vitest";
import { type Command, optionsOf } from "../src/cli/define.ts";
import { parseCommand } from "../src/cli/parse.ts";
import { ask } from "../src/commands/ask/ask.ts";
import { runs } from "../src/commands/runs/runs.ts";
import { EXIT_TABLE, START_TABLE } from "../src/core/exit-table.ts";
import { isBrokerId, isRunId, isThreadId } from "../src/core/ids.ts";
import { parseEntryFile } from "../src/packet/parse-entry-file.ts";
import { ROLE_TABLE } from "../src/packet/roles/index.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const REFERENCES = readdirSync(join(ROOT, "references")).map((name) => `references/${name}`);
const DOCS = ["SKILL.md", ...REFERENCES, "README.md"].filter((path) => existsSync(join(ROOT, path)));
const COMMANDS: Record<string, Command> = { ask_codex: ask, codex_runs: runs };

/** The argv of every command line of ours in the bash fences of a document, cut into words by a real shell. */
function commandLines(path: string): { script: string; argv: string[] }[] {
  const fences = [...read(path).matchAll(/^```(?:bash|sh)\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  const script = fences
    .join("\n")
    .replaceAll("<skill>", "/skill")
    .replaceAll(/~\/\.claude\/skills\/ask-codex/g, "/skill")
    // Only what calls a script of ours: the other lines are a reader's own set-up.
    .replaceAll(
      /^(?!.*scripts\/\w+\.mjs)(?!.*\\$)(?!EOF$)(?:git|cd|npm|curl|sh|\.\/|claude|codex|powershell).*$/gm,
      "",
    );
  const words = execFileSync(
    "bash",
    ["-c", `node() { printf '%s\\0' "$@"; printf '\\1\\0'; }\nclaude() { :; }\n${script}`],
    {
      encoding: "utf8",
      env: { PATH: process.env.PATH, CLAUDE_SKILL_DIR: "/skill" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  return words
    .split("\x01\0")
    .slice(0, -1)
    .map((call) => call.split("\0").slice(0, -1))
    .map(([program = "", ...argv]) => ({ script: /([a-z_]+)\.mjs$/.exec(program)?.[1] ?? program, argv }));
}

describe.each(DOCS)("%s", (path) => {
  test("every command line in it parses with the real parser", () => {
    for (const { script, argv } of commandLines(path)) {
      const command = COMMANDS[script];
      expect(command, `${script} ${argv.join(" ")}`).toBeDefined();
      if (!command) continue;
      const { flags, positionals } = parseCommand(command, argv);
      const informational = "help" in flags || "version" in flags;
      if (script === "ask_codex" && !informational) {
        expect(positionals, argv.join(" ")).toHaveLength(1);
        for (const file of [flags.file].flat()) if (typeof file === "string") parseEntryFile(file);
      }
      if (script === "codex_runs" && !informational) expect(positionals, argv.join(" ")).toHaveLength(2);
      const ids = [flags.session, script === "codex_runs" ? positionals[1] : undefined].filter(
        (id) => typeof id === "string",
      );
      for (const id of ids) expect(isRunId(id) || isThreadId(id) || isBrokerId(id), id).toBe(true);
    }
  });

  test("names no option that does not exist", () => {
    const known = new Set(
      Object.values(COMMANDS).flatMap((command) => optionsOf(command.flags).map(([name]) => `--${name}`)),
    );
    // Other programs' options, each with its program in the same line.
    const foreign =
      /\b(npm|git|codex (exec|login)|install\.(sh|ps1)|bwrap|sysctl|claude|node --import|code fence|chromium)\b/;
    const lines = read(path)
      .split("\n")
      .filter((line) => !foreign.test(line));
    const named = lines.flatMap((line) => [...line.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map((match) => match[0]));
    const own = ["--link", "--uninstall", "--keep"];
    expect([...new Set(named)].filter((flag) => !known.has(flag) && !own.includes(flag))).toEqual([]);
  });
});

test("SKILL.md and the references hold commands at all", () => {
  expect(commandLines("SKILL.md").length).toBeGreaterThan(7);
  expect(REFERENCES.flatMap(commandLines).length).toBeGreaterThan(30);
});

describe("SKILL.md", () => {
  const skill = read("SKILL.md");
  const { data } = matter(skill, { engines: { js: () => ({}), javascript: () => ({}) } });

  test("keeps to the limits of the listing and of the spec", () => {
    expect(Object.keys(data)).toEqual(["name", "description"]);
    expect(data.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(String(data.description).length).toBeLessThanOrEqual(1024);
    expect(String(data.description)).not.toMatch(/[<>]|---/);
    expect(skill.split("\n").length).toBeLessThan(220);
  });

  test("has nothing that Claude Code would replace, run or cut", () => {
    const body = skill.split("\n---\n").slice(1).join("\n---\n");
    expect(body).not.toMatch(/(^|\s)!`|```!/m);
    expect(body).not.toMatch(/\$\d|\$ARGUMENTS/);
    expect(skill).not.toMatch(/BashOutput|TaskOutput/);
    expect(skill.startsWith("---\n")).toBe(true);
    for (const reference of REFERENCES) expect(read(reference)).not.toMatch(/```!|(^|\s)!`/m);
  });

  test("spells a command in one way", () => {
    const spelled = [...skill.matchAll(/^.*scripts\/\w+\.mjs.*$/gm)].map((match) => match[0]);
    for (const line of spelled.filter((one) => one.startsWith("node")))
      expect(line).toMatch(/^node \$\{CLAUDE_SKILL_DIR\}\/scripts\/\w+\.mjs /);
    expect(spelled.length).toBeGreaterThan(5);
  });

  test("has the exit table of the code", () => {
    const rows = tableOf(skill, "exit-table").map(([exit, verdict]) => [Number(exit), verdict?.split(", ").sort()]);
    const byExit = new Map<number, string[]>();
    for (const row of [...EXIT_TABLE, ...START_TABLE])
      byExit.set(row.exit, [...(byExit.get(row.exit) ?? []), row.verdict].sort());
    expect(rows).toEqual([...byExit].sort(([one], [two]) => one - two));
  });

  test("has the roles of the code", () => {
    const rows = tableOf(skill, "role-table").map(([name, power, reasoning]) => ({ name, power, reasoning }));
    const expected = Object.values(ROLE_TABLE).map((role) => ({
      name: role.aliases.length > 0 ? `${role.name} (alias ${role.aliases.join(", ")})` : role.name,
      power: role.power,
      reasoning: "reasoning" in role ? role.reasoning : "–",
    }));
    expect(rows).toEqual(expected);
  });

  test("points at references that exist, at all of them", () => {
    const named = [...skill.matchAll(/^\| ([a-z-]+\.md) \|/gm)].map((match) => `references/${match[1]}`);
    expect(named.sort()).toEqual([...REFERENCES].sort());
  });
});

test("invocation.md has a row or a heading for every option", () => {
  const text = read("references/invocation.md");
  const missing = Object.values(COMMANDS)
    .flatMap((command) => optionsOf(command.flags).map(([name]) => `--${name}`))
    .filter((flag) => !text.includes(`\`${flag}`) && !text.includes(`, \`${flag}`));
  expect([...new Set(missing)]).toEqual([]);
});

/** The cells of a Markdown table between `<!-- name:start -->` and `<!-- name:end -->`, without its head. */
function tableOf(text: string, name: string): string[][] {
  const inside = text.split(`<!-- ${name}:start -->`)[1]?.split(`<!-- ${name}:end -->`)[0] ?? "";
  const rows = inside.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
