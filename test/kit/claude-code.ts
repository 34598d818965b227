import {
  cpSync,
  existsSync,
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
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { bundleFiles } from "../../scripts/install/bundle.mjs";
import { HOOKS } from "../../scripts/install/update.mjs";
import { isBundleFresh } from "../../scripts/sources.mjs";
import { permissionRules } from "../../src/claude/permission-rules.mjs";
import { claudeEnvironment } from "./claude-environment.ts";
import { type Lab, type LabOptions, openLab, ROOT, until } from "./lab.ts";
import { type Move, type ScriptedClaude, startScriptedClaude } from "./scripted-claude.ts";

/** The native program that the npm package of Claude Code unpacks. */
export const CLAUDE = join(
  dirname(createRequire(import.meta.url).resolve("@anthropic-ai/claude-code/package.json")),
  "bin",
  "claude.exe",
);

/**
 * In the skills folder: a link to the clone, a copy as the installer makes it, the whole repository (with what makes a
 * plugin of it), what `npx skills add` copies. Or a plugin: from a marketplace, or for one session. Or both.
 */
export type Installed = "link" | "copy" | "repository" | "npx" | "plugin" | "plugin-dir" | "plugin and copy";

export interface ClaudeCodeOptions extends LabOptions {
  /** What the scripted Claude does, answer for answer. */
  moves: Move[];
  /** How the skill got to Claude Code; the default is a link to the clone. */
  installed?: Installed;
  /** What is installed is the sources and nothing else: the first call sets itself up. */
  bare?: boolean;
  /** Where Claude Code's own folder lies: by default at a path without a space. */
  spaced?: boolean;
  /** The permission rules in the user's settings; the default is what the installer grants. */
  rules?: (skill: string) => string[];
}

/** A session that Claude Code has ended. */
export interface Ended {
  code: number | null;
  /** Each tool call that was not permitted: the command, or the file. */
  refused: string[];
  /** What came back from the tools, for the message of a failed expectation. */
  account: string;
  /** What the user can type. */
  slashCommands: string[];
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
  /** Claude Code's own folder, and the environment that it runs in. */
  config: string;
  env: NodeJS.ProcessEnv;
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
  const installed = options.installed ?? "link";
  const isPlugin = installed === "plugin" || installed === "plugin-dir";
  const bundle = join(dirname(home), options.spaced ? "a marketplace" : `${basename(home)}-marketplace`);
  const skill = isPlugin ? bundle : join(home, "skills", "ask-codex");
  const env: NodeJS.ProcessEnv = { ...lab.env, ...claudeEnvironment(home, claude.port) };
  // A test about something else must not fetch packages because the clone's bundle is stale.
  if (!options.bare) env.ASK_CODEX_NO_SETUP = "1";
  const play = async () => {
    mkdirSync(home, { recursive: true });
    await install({ installed, bare: options.bare === true, bundle, home, env, lab });
    const granted = (dir: string) => permissionRules(dir, isPlugin ? "plugin" : "skill");
    allow(join(home, "settings.json"), (options.rules ?? granted)(skill));
    const flags = installed === "plugin-dir" ? ["--plugin-dir", bundle] : [];
    const start = (prompt: string, ...more: string[]) =>
      startSession({ lab, claude, env }, prompt, [...flags, ...more]);
    await body({ lab, claude, skill, config: home, env, start });
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
  for (const path of [home, bundle]) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  const reason = failed ?? unclean;
  if (reason) throw reason.error;
}

/** Puts rules into settings to which an install of a plugin may have written. */
function allow(path: string, rules: string[]): void {
  const settings = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  writeFileSync(path, JSON.stringify({ ...settings, permissions: { allow: rules } }));
}

interface Install {
  installed: Installed;
  bare: boolean;
  /** Where a bundle lies from which a plugin or npx takes it. */
  bundle: string;
  home: string;
  env: NodeJS.ProcessEnv;
  lab: Lab;
}

async function install({ installed, bare, bundle, home, env, lab }: Install): Promise<void> {
  const skill = join(home, "skills", "ask-codex");
  // Claude Code runs `npm ci` in what it keeps of a plugin, which fetches a gigabyte of development packages; a plugin of
  // a folder is run in that folder, and the install does without.
  const bin = join(lab.dir, "no-npm");
  mkdirSync(bin);
  writeFileSync(join(bin, "npm"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const call = async (program: string, ...args: string[]) => {
    const { code, stdout, stderr } = await lab.run(program, args, { env: { ...env, PATH: `${bin}:${env.PATH}` } });
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  };
  mkdirSync(dirname(skill), { recursive: true });
  if (installed === "link") symlinkSync(ROOT, skill);
  const copy = bare ? copySources : copyBundle;
  if (installed === "copy" || installed === "plugin and copy") copy(skill, (path) => path !== HOOKS);
  if (installed === "repository") copy(skill);
  if (installed === "npx" || installed.startsWith("plugin")) copy(bundle);
  if (installed === "npx") {
    const skills = join(ROOT, "node_modules", "skills", "bin", "cli.mjs");
    await call(process.execPath, skills, "add", bundle, "-g", "-a", "claude-code", "-y", "--copy");
  }
  if (installed === "plugin" || installed === "plugin and copy") {
    await call(CLAUDE, "plugin", "marketplace", "add", bundle);
    await call(CLAUDE, "plugin", "install", "ask-codex@ask-codex");
  }
}

/** The files of an installed copy, with the clone's bundle, or, where that is stale, with the packages for the sources. */
export function copyBundle(to: string, has: (path: string) => boolean = () => true): void {
  copySources(to, has);
  // The bundle knows its sources by their times.
  cpSync(join(ROOT, "dist"), join(to, "dist"), { recursive: true, preserveTimestamps: true });
  if (!isBundleFresh()) symlinkSync(join(ROOT, "node_modules"), join(to, "node_modules"));
}

/** What a plugin or npx brings: the files of the bundle, without packages and without what is built from them. */
export function copySources(to: string, has: (path: string) => boolean = () => true): void {
  for (const path of bundleFiles(ROOT).filter(has))
    cpSync(join(ROOT, path), join(to, path), { recursive: true, preserveTimestamps: true });
}

/** The rules of references/claude-code.md, with this skill's directory in the place of the example's. */
export function documentedRules(skill: string): string[] {
  const text = readFileSync(join(ROOT, "references", "claude-code.md"), "utf8");
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
    const account = [...results, stderr].join("\n---\n");
    return { code, refused: refusedIn(stdout), account, slashCommands: slashCommandsIn(stdout) };
  });
  return {
    ended,
    async told(what) {
      await until(() => over || what.test(claude.told()));
      if (!what.test(claude.told())) throw new Error(`Claude was never told ${what}:\n${(await ended).account}`);
    },
  };
}

const Denials = z.object({
  permission_denials: z.array(
    z.object({
      tool_name: z.string(),
      tool_use_id: z.string(),
      tool_input: z.object({ command: z.string().optional(), file_path: z.string().optional() }),
    }),
  ),
});

const jsonLines = (stdout: string): unknown[] =>
  stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

const Init = z.object({ type: z.literal("system"), subtype: z.literal("init"), slash_commands: z.array(z.string()) });

/** The first line of a session says what there is. */
function slashCommandsIn(stdout: string): string[] {
  return jsonLines(stdout).flatMap((line) => Init.safeParse(line).data?.slash_commands ?? []);
}

/** The result line of each turn lists what was not permitted. */
function refusedIn(stdout: string): string[] {
  const denials = jsonLines(stdout).flatMap((line) => Denials.safeParse(line).data?.permission_denials ?? []);
  return [...new Map(denials.map((denial) => [denial.tool_use_id, denial])).values()].map(
    ({ tool_name, tool_input }) => tool_input.command ?? tool_input.file_path ?? tool_name,
  );
}
