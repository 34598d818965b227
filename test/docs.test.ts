import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import matter from "gray-matter";
import { describe, expect, test } from "vitest";
import * as installer from "../scripts/install/for-doctor.mjs";
import { type Command, optionsOf } from "../src/cli/define.ts";
import { parseCommand } from "../src/cli/parse.ts";
import { ask } from "../src/commands/ask/ask.ts";
import { broker } from "../src/commands/broker/broker.ts";
import { doctorWith } from "../src/commands/doctor/doctor.ts";
import { review } from "../src/commands/review/review.ts";
import { runs } from "../src/commands/runs/runs.ts";
import { EXIT_TABLE, START_TABLE } from "../src/core/exit-table.ts";
import { isBrokerId, isRunId, isThreadId } from "../src/core/ids.ts";
import { PolicyRecord } from "../src/core/policy.ts";
import { parseEntryFile } from "../src/packet/parse-entry-file.ts";
import { ROLE_TABLE } from "../src/packet/roles/index.ts";
import { secretsOf } from "../src/policy/secrets.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const REFERENCES = readdirSync(join(ROOT, "references")).map((name) => `references/${name}`);
const DOCS = ["SKILL.md", ...REFERENCES, "README.md"].filter((path) => existsSync(join(ROOT, path)));
const COMMANDS: Record<string, Command> = {
  ask_codex: ask,
  codex_broker: broker,
  codex_runs: runs,
  codex_review: review,
  codex_doctor: doctorWith(installer),
};
/** Where the options of a command are described. */
const OPTIONS_IN: Record<string, string> = {
  ask_codex: "references/invocation.md",
  codex_broker: "references/invocation.md",
  codex_runs: "references/invocation.md",
  codex_review: "references/reviews.md",
  codex_doctor: "references/doctor.md",
};

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

/** How many words a verb of codex_runs takes, itself among them, by its line of usage; undefined for no verb. */
function wordsOfVerb(verb: string | undefined, given: number): number | undefined {
  const usage = runs.usage.find((line) => line.split(" ")[1] === verb);
  if (usage === undefined) return undefined;
  const ids = usage.split(" ")[2];
  if (ids === "ID…") return Math.max(2, given);
  return ids === "ID" ? 2 : 1;
}

/** Where the goal of a call comes from, when it is not said on the command line. */
function goalElsewhere(flags: Record<string, unknown>): boolean {
  return flags.packet !== undefined || (flags.plan !== undefined && flags["task-id"] !== undefined);
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
        const shows = flags["list-units"] === true || flags["draft-packet"] === true;
        if (shows) expect(positionals, argv.join(" ")).toEqual([]);
        else if (goalElsewhere(flags)) expect(positionals.length, argv.join(" ")).toBeLessThan(2);
        else expect(positionals, argv.join(" ")).toHaveLength(1);
        for (const file of [flags.file].flat()) if (typeof file === "string") parseEntryFile(file);
      }
      if (script === "codex_runs" && !informational)
        expect(positionals.length, argv.join(" ")).toBe(wordsOfVerb(positionals[0], positionals.length));
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
      /\b(npm|npx|git|codex (exec|login)|install\.(sh|ps1)|bwrap|sysctl|claude|node --import|node --test|code fence|chromium)\b/;
    const lines = read(path)
      .split("\n")
      .filter((line) => !foreign.test(line));
    const named = lines.flatMap((line) => [...line.matchAll(/(?<![\w-])--[a-z][A-Za-z-]+/g)].map((match) => match[0]));
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

  test("costs Claude no more than 2,600 tokens, and its line in the listing 250", () => {
    const body = skill.split("\n---\n").slice(1).join("\n---\n").trim();
    expect(body.length / 4).toBeLessThanOrEqual(2_600);
    expect(`- ${data.name}: ${data.description}`.length / 4).toBeLessThanOrEqual(250);
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

test.each(Object.entries(COMMANDS))("the reference has a row or a heading for every option of %s", (name, command) => {
  const path = OPTIONS_IN[name] ?? "";
  const sections = read(path).split(/^(?=## )/m);
  const ofCommand = path.endsWith("invocation.md")
    ? sections.filter((section) => section.startsWith(`## ${name}`))
    : sections;
  const rows = ofCommand.flatMap((section) => section.split("\n").filter((line) => /^[|#]/.test(line)));
  const named = new Set(rows.flatMap((line) => line.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? []));
  const missing = optionsOf(command.flags).map(([flag]) => `--${flag}`);
  // What every command has is described with the first one.
  const common = path.endsWith("invocation.md") ? [] : ["--help", "--version"];
  expect(missing.filter((flag) => !named.has(flag) && !common.includes(flag))).toEqual([]);
});

test.each([runs, broker])("invocation.md has a row for every verb of $name", (command) => {
  const sections = read("references/invocation.md").split(/^(?=## )/m);
  const text = sections.find((section) => section.startsWith(`## ${command.name}`)) ?? "";
  const verbs = command.usage.map((line) => line.split(" ")[1]);
  expect(verbs.length).toBeGreaterThan(3);
  expect(verbs.filter((verb) => !new RegExp(`^\\| \`${verb}\\b`, "m").test(text))).toEqual([]);
});

test("every link in the documents leads somewhere, and every reference to another one", () => {
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .trim()
      .replaceAll(" ", "-");
  for (const path of [...DOCS, "CONTRIBUTING.md", "CHANGELOG.md"]) {
    const links = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
    const own = links.filter((link) => !/^https?:/.test(link));
    for (const link of own) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      expect(existsSync(join(ROOT, target)), `${path}: ${link}`).toBe(true);
      const heads =
        anchor === undefined ? [] : [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, head = ""]) => anchorOf(head));
      if (anchor !== undefined) expect(heads, `${path}: ${link}`).toContain(anchor);
    }
    if (REFERENCES.includes(path))
      expect(
        own.filter((link) => /^[a-z-]+\.md/.test(link)),
        path,
      ).not.toEqual([]);
  }
});

test("every variable in the documents is one that the code knows", () => {
  const code = ["src", "scripts"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
    )
    .filter((path) => /\.m?[jt]s$/.test(path))
    .map(read)
    .join("\n");
  const named = DOCS.flatMap((path) => read(path).match(/\bASK_CODEX_[A-Z_]+\b/g) ?? []);
  expect(named.length).toBeGreaterThan(10);
  expect([...new Set(named)].filter((name) => !code.includes(name))).toEqual([]);
});

test("the threat model names tests that exist, and a line without one says that it is not prevented", () => {
  const security = read("README.md").split("\n## Security\n")[1]?.split("\n## ")[0] ?? "";
  const rows = security.split("\n").filter((line) => line.startsWith("| ") && !/^\| (---|it )/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const tests = [...row.matchAll(/`((?:e2e|unit)\/[\w/-]+)`/g)].map((match) => `test/${match[1]}.test.ts`);
    if (tests.length === 0) expect(row).toContain("not prevented");
    expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  }
});

describe("policies.md", () => {
  const policies = read("references/policies.md");

  test("has a row for every field of policy.json", () => {
    const rows = policies.split("\n").filter((line) => line.startsWith("| `"));
    const missing = Object.keys(PolicyRecord.shape).filter(
      (field) => !rows.some((row) => row.includes(`\`${field}\``)),
    );
    expect(missing).toEqual([]);
  });

  test("names every pattern of the workspace that is closed to reading", () => {
    const { workspace } = secretsOf({ workspace: "/w", home: "/h", codexHome: "/c", extra: [] });
    const named = workspace.map((pattern) => `\`${pattern.replace(/^\*\*\//, "")}\``);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((pattern) => !policies.includes(pattern))).toEqual([]);
  });
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
