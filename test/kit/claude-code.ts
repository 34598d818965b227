import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundleFiles } from "../../scripts/install/bundle.mjs";
import { type Lab, type LabOptions, openLab, ROOT, until } from "./lab.ts";
import { type Move, type ScriptedClaude, startScriptedClaude } from "./scripted-claude.ts";

/** The native program that the npm package of Claude Code unpacks. */
const CLAUDE = join(
  dirname(createRequire(import.meta.url).resolve("@anthropic-ai/claude-code/package.json")),
  "bin",
  "claude.exe",
);

export interface ClaudeCodeOptions extends LabOptions {
  /** What the scripted Claude does, answer for answer. */
  moves: Move[];
  /** How the skill got into the skills folder: a link to the clone, or an installed copy (with its bundle, without packages). */
  installed?: "link" | "copy";
  /** Where Claude Code's own folder lies: by default at a path without a space. */
  spaced?: boolean;
  /** The permission rules in the user's settings; the default is what references/invocation.md tells the user to write. */
  rules?: (skill: string) => string[];
}

/** A session that Claude Code has ended. */
export interface Ended {
  code: number | null;
  /** Each tool call that was not permitted: the command, or the file. */
  refused: string[];
  /** What came back from the tools, for the message of a failed expectation. */
  account: string;
}

export interface Session {
  ended: Promise<Ended>;
  /** Waits until Claude was told something that matches; a session that ends before that is an error. */
  told(what: RegExp): Promise<void>;
}

export interface ClaudeCode {
  lab: Lab;
  claude: ScriptedClaude;
  /** The skill's directory, as Claude Code names it. */
  skill: string;
  start(prompt: string, ...flags: string[]): Session;
}

/** Gives the body a lab in which the real Claude Code has the skill, and cleans up; nothing that was started may be left. */
export async function inClaudeCode(
  options: ClaudeCodeOptions,
  body: (world: ClaudeCode) => Promise<void>,
): Promise<void> {
  const lab = await openLab(options);
  const claude = await startScriptedClaude(options.moves);
  const home = options.spaced
    ? join(lab.dir, "claude home")
    : mkdtempSync(join(realpathSync(tmpdir()), "ask-codex-claude-"));
  const skill = join(home, "skills", "ask-codex");
  const env = { ...lab.env, ...environment(home, claude.port) };
  const play = async () => {
    installSkill(skill, options.installed ?? "link");
    const allow = (options.rules ?? documentedRules)(skill);
    writeFileSync(join(home, "settings.json"), JSON.stringify({ permissions: { allow } }));
    await body({ lab, claude, skill, start: (prompt, ...flags) => startSession({ lab, claude, env }, prompt, flags) });
  };
  const failed = await play().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  await claude.close();
  // What a failed test left running is ended by this, too, but the failure is what has to be said.
  const unclean = await lab.close().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  const reason = failed ?? unclean;
  if (reason) throw reason.error;
}

/** As CLAUDE-CODE.md 0 has it: no account, no update, and no host but the scripted one. */
const environment = (home: string, port: number): NodeJS.ProcessEnv => ({
  TERM: "xterm",
  CLAUDE_CONFIG_DIR: home,
  ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
  ANTHROPIC_API_KEY: "test",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
});

function installSkill(skill: string, how: "link" | "copy"): void {
  mkdirSync(dirname(skill), { recursive: true });
  if (how === "link") symlinkSync(ROOT, skill);
  // The bundle knows its sources by their times.
  else
    for (const path of [...bundleFiles(ROOT), "dist"])
      cpSync(join(ROOT, path), join(skill, path), { recursive: true, preserveTimestamps: true });
}

/** The rules of references/invocation.md, with this skill's directory in the place of the example's. */
export function documentedRules(skill: string): string[] {
  const text = readFileSync(join(ROOT, "references", "invocation.md"), "utf8");
  const example = /^```json\n(.*?)^```$/ms.exec(text)?.[1] ?? "{}";
  const { permissions } = JSON.parse(example.replaceAll("/home/me/.claude/skills/ask-codex", skill));
  return permissions.allow;
}

function startSession(
  { lab, claude, env }: { lab: Lab; claude: ScriptedClaude; env: NodeJS.ProcessEnv },
  prompt: string,
  flags: string[],
): Session {
  const args = ["-p", prompt, "--output-format", "stream-json", "--verbose", ...flags];
  let over = false;
  const ended = lab.run(CLAUDE, args, { env }).then(({ code, stdout, stderr }): Ended => {
    over = true;
    const results = claude.results().map(({ text }) => text.slice(0, 1_000));
    return { code, refused: refusedIn(stdout), account: [...results, stderr].join("\n---\n") };
  });
  return {
    ended,
    async told(what) {
      await until(() => over || what.test(claude.told()));
      if (!what.test(claude.told())) throw new Error(`Claude was never told ${what}:\n${(await ended).account}`);
    },
  };
}

interface Denial {
  tool_name: string;
  tool_use_id: string;
  tool_input: { command?: string; file_path?: string };
}

/** The result line of each turn lists what was not permitted. */
function refusedIn(stdout: string): string[] {
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  const denials = lines
    .map((line) => JSON.parse(line) as { type: string; permission_denials?: Denial[] })
    .flatMap(({ permission_denials }) => permission_denials ?? []);
  return [...new Map(denials.map((denial) => [denial.tool_use_id, denial])).values()].map(
    ({ tool_name, tool_input }) => tool_input.command ?? tool_input.file_path ?? tool_name,
  );
}
