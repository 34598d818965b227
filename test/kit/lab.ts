import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Receipt } from "../../src/core/record.ts";
import { findCodex } from "../../src/engine/find-codex.ts";
import { findByEnvironment, type ProcessRow } from "../../src/sys/process-table.ts";
import { type Beat, type ScriptedModel, startScriptedModel } from "./scripted-model.ts";

export const ROOT = realpathSync(join(import.meta.dirname, "..", ".."));
/** Not a name that the product strips from Codex's environment: it must reach every process of a run. */
const LAB_MARKER = "TEST_LAB";

/** The npm wrapper of the real Codex, as a user's PATH would have it. */
export const CODEX_WRAPPER = join(
  dirname(createRequire(import.meta.url).resolve("@openai/codex/package.json")),
  "bin",
  "codex.js",
);

/** The native binary behind the wrapper. */
export const codexBinary = (): string => findCodex({ ASK_CODEX_BIN: CODEX_WRAPPER }).command;

export interface Called {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The `name=value` lines of stdout. */
  lines: Record<string, string>;
}

export interface Running {
  pid: number;
  done: Promise<Called>;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the value of a `name=` line as soon as it is printed. */
  line(name: string): Promise<string>;
}

export interface Lab {
  dir: string;
  workspace: string;
  home: string;
  codexHome: string;
  env: NodeJS.ProcessEnv;
  model: ScriptedModel;
  /** Calls a script of the skill the way a user does. */
  call(script: string, args: readonly string[], options?: CallOptions): Promise<Called>;
  start(script: string, args: readonly string[], options?: CallOptions): Running;
  ask(...args: string[]): Promise<Called>;
  /** Runs any program in the lab's world. */
  run(program: string, args: readonly string[], options?: CallOptions): Promise<Called>;
  receipt(runId: string): Receipt;
  recordDir(runId: string): string;
  events(runId: string): { type: string; [key: string]: unknown }[];
  git(...args: string[]): string;
  /** Every process that this lab's calls brought to life and that lives. */
  processes(): ProcessRow[];
  /** Those of them that stay: a broker that has told the end needs a moment to go itself. */
  left(): Promise<ProcessRow[]>;
  close(): Promise<void>;
}

export interface CallOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Text for stdin; "open" leaves a pipe open, absent is /dev/null. */
  stdin?: string | "open";
}

export interface LabOptions {
  script?: Beat[] | Beat[][];
  files?: Record<string, string>;
  git?: boolean;
  /** More lines for Codex's config.toml, and for its provider table. */
  config?: string;
  provider?: string;
  port?: number;
  name?: string;
}

/** A world of its own for one test: a workspace, a state home, a Codex home and a scripted model, all temporary. */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "ask-codex lab-"));
  const workspace = join(dir, options.name ?? "a workspace");
  const home = join(dir, "state");
  const codexHome = join(dir, "codex-home");
  for (const path of [workspace, codexHome, join(dir, "home")]) mkdirSync(path);
  const model = await startScriptedModel(options.script ?? [{ say: "All done.\n\nStatus: done" }]);
  writeConfig(codexHome, options.port ?? model.port, options);
  for (const [name, text] of Object.entries(options.files ?? { "README.md": "# a project\n" })) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  const id = `${process.pid}-${dir.slice(-6)}`;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: join(dir, "home"),
    CODEX_HOME: codexHome,
    ASK_CODEX_HOME: home,
    ASK_CODEX_BIN: CODEX_WRAPPER,
    MOCK_KEY: "mock",
    TMPDIR: join(dir, "home"),
    GIT_CONFIG_NOSYSTEM: "1",
    [LAB_MARKER]: id,
  };
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", workspace, ...args], { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (options.git !== false) {
    git("init", "-q", "-b", "main");
    git("-c", "user.name=lab", "-c", "user.email=lab@example.invalid", "add", "-A");
    git("-c", "user.name=lab", "-c", "user.email=lab@example.invalid", "commit", "-q", "--allow-empty", "-m", "start");
  }

  const startProgram = (program: string, args: readonly string[], call: CallOptions = {}): Running =>
    startProcess(program, [...args], { cwd: call.cwd ?? workspace, env: { ...env, ...call.env }, stdin: call.stdin });
  const start = (script: string, args: readonly string[], call: CallOptions = {}): Running =>
    startProgram(process.execPath, [join(ROOT, "scripts", `${script}.mjs`), ...args], call);
  const recordDir = (runId: string): string => {
    const root = join(home, "workspaces");
    const found = readdirSync(root)
      .map((name) => join(root, name, "runs", runId))
      .find(existsSync);
    if (!found) throw new Error(`no record of ${runId}`);
    return found;
  };
  const processes = () => findByEnvironment(LAB_MARKER, id).filter((row) => row.pid !== process.pid && !row.zombie);

  return {
    dir,
    workspace,
    home,
    codexHome,
    env,
    model,
    start,
    call: (script, args, call) => start(script, args, call).done,
    ask: (...args) => start("ask_codex", args).done,
    run: (program, args, call) => startProgram(program, args, call).done,
    recordDir,
    receipt: (runId) => Receipt.parse(JSON.parse(readFileSync(join(recordDir(runId), "result.json"), "utf8"))),
    events: (runId) =>
      readFileSync(join(recordDir(runId), "events.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    git,
    processes,
    left: () => settle(processes),
    async close() {
      const left = await settle(processes);
      for (const row of left) process.kill(row.pid, "SIGKILL");
      await model.close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
      if (left.length > 0)
        throw new Error(`processes were left: ${left.map((row) => `${row.name} (${row.pid})`).join(", ")}`);
    },
  };
}

/** Opens a lab for as long as `body` takes, and closes it whatever becomes of it. */
export async function inLab(options: LabOptions, body: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await openLab(options);
  try {
    await body(lab);
  } catch (error) {
    // The record goes with the lab: what failed on another machine must say here what its runs said.
    if (error instanceof Error) error.message += `\n${storyOf(lab.home)}`;
    throw error;
  } finally {
    await lab.close();
  }
}

/** How each run of a state home ended and why, a line each. */
function storyOf(home: string): string {
  if (!existsSync(home)) return "";
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => basename(path) === "result.json")
    .map((path) => {
      const { run_id, verdict, reason, engine, warnings } = JSON.parse(readFileSync(join(home, path), "utf8"));
      return JSON.stringify({ run_id, verdict, reason, engine, warnings });
    })
    .join("\n");
}

/** A process that is on its way out is not left over: it gets a moment. */
async function settle(processes: () => ProcessRow[]): Promise<ProcessRow[]> {
  let left = processes();
  for (let tries = 0; left.length > 0 && tries < 60; tries++) {
    await sleep(50);
    left = processes();
  }
  return left;
}

/** Points Codex at a Responses server on loopback, with its retries as they are. */
export function writeConfig(
  codexHome: string,
  port: number,
  options: { config?: string; provider?: string } = {},
): void {
  const lines = [
    'model = "gpt-5.5"',
    'model_provider = "mock"',
    options.config ?? "",
    // Codex asks a public host for its plugins at every start; a test must not.
    "[features]",
    "plugins = false",
    "[model_providers.mock]",
    'name = "mock"',
    `base_url = "http://127.0.0.1:${port}/v1"`,
    'wire_api = "responses"',
    'env_key = "MOCK_KEY"',
    options.provider ?? "",
  ];
  writeFileSync(join(codexHome, "config.toml"), `${lines.join("\n")}\n`);
}

function startProcess(
  command: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; stdin: string | undefined },
): Running {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  if (options.stdin !== undefined && options.stdin !== "open") child.stdin?.end(options.stdin);
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
    for (const watcher of watchers) watcher();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const done = new Promise<Called>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      child.stdin?.destroy();
      resolve({ code, signal, stdout, stderr, lines: linesOf(stdout) });
      for (const watcher of watchers) watcher();
    });
  });
  return {
    pid: child.pid ?? 0,
    done,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    line: (name) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const value = linesOf(stdout.slice(0, stdout.lastIndexOf("\n") + 1))[name];
          if (value === undefined && child.exitCode === null && child.signalCode === null) return;
          watchers.delete(look);
          if (value === undefined) reject(new Error(`${name}= was never printed:\n${stdout}\n${stderr}`));
          else resolve(value);
        };
        watchers.add(look);
        look();
      }),
  };
}

function linesOf(stdout: string): Record<string, string> {
  return Object.fromEntries(
    [...stdout.matchAll(/^([a-z_]+)=(.*)$/gm)].map((match) => [match[1] ?? "", match[2] ?? ""]),
  );
}

/** Waits until something is so, asking again and again; a test that never gets there ends by its own timeout. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(20);
}
