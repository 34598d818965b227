import type { EngineName } from "../core/request.ts";

/** A program that a check asks, in a directory that exists; its stdin is empty. */
export interface Program {
  command: string;
  args: readonly string[];
  /** The environment that Codex would be given, where nothing is said. */
  env?: NodeJS.ProcessEnv;
  /** The workspace, where nothing is said. */
  cwd?: string;
  timeoutMs?: number;
}

/** What it said. `failure`: it was killed, was not done in time, or never started. */
export interface Said {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  failure?: string;
}

/** What lies in the state home and is of no use to anybody, as `codex_runs gc` sees it. */
export interface Leftover {
  kind: "slot" | "socket" | "quota" | "key" | "review";
  path: string;
}

/** What lies where the skill is installed; a copy that no installer made has no version of its own. */
export type Target =
  | { kind: "absent" }
  | { kind: "link"; to: string }
  | {
      kind: "copy";
      manifest: { files: string[]; sha256: Record<string, string> } | undefined;
      version: string | undefined;
    };

/** The part of the installer that the doctor asks: it is no part of src/, for it runs before there are packages. */
export interface Installer {
  targetOf(env: Record<string, string | undefined>, cwd: string, platform: NodeJS.Platform): string;
  /** Throws what the installer would refuse. */
  readTarget(path: string): Target;
  hashOf(path: string): string;
  LOCK: string;
  takeLock(dir: string): string;
  dropLock(lock: string): void;
  changeTarget<Result>(target: string, warn: (line: string) => void, change: () => Result): Promise<Result>;
  /** Only asked where the skill runs from its sources. */
  stampSources(): Promise<string>;
}

/** Everything that a check may look at: nothing is read behind its back, so that a test can give it any machine. */
export interface World {
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  nodeVersion: string;
  /** The real path of the directory that runs would work in, and whether it is a git work tree. */
  workspace: string;
  git: boolean;
  /** The folder of the skill that runs this. */
  root: string;
  /** The skill runs from its bundle, which the launcher has found to be fresh. */
  bundled: boolean;
  installer: Installer;
  now: Date;
  /** Aborted when the doctor is to end at once. */
  signal: AbortSignal;
  /** The mark in the environment of all that the doctor starts, by which it is found. */
  marker: string;
  /** How a script of the skill is called. */
  self(script: string): string;
  /** The state home; throws where there can be none. */
  home(): string;
  /** Runs a program to its end, never rejects; one that was asked the very same before is not asked again. */
  run(program: Program): Promise<Said>;
  /** What a run would take where its command does not say; throws for settings that can't be read. */
  defaults(): Promise<{ engine: EngineName; quotaGate: number }>;
  leftovers(home: string): Promise<Leftover[]>;
  /** Whether it was there to be removed. */
  removeLeftover(leftover: Leftover): boolean;
}

/** `fail`: no run can work as things are. `warn`: something is not as it should be, and runs work all the same. */
export type Status = "ok" | "warn" | "fail" | "skipped";

/** A safe step that mends what a check found: nothing of the user's settings, login or records. */
export interface Fix {
  /** What will be done, said before it is. */
  says: string;
  /** Resolves with what was done; rejects with why it was not. */
  run(): string | Promise<string>;
}

export interface Outcome {
  status: Status;
  /** One line. */
  detail: string;
  /** The command that cures it. */
  cure?: string;
  fix?: Fix;
}

/** One thing that the doctor looks at; a new one is a file with one of these and a line in the registry. */
export interface Check {
  id: string;
  title: string;
  /** It starts Codex: left out inside Codex, and where there is none. */
  asksCodex?: boolean;
  run(world: World): Outcome | Promise<Outcome>;
}

export const ok = (detail: string): Outcome => ({ status: "ok", detail });
export const skipped = (detail: string): Outcome => ({ status: "skipped", detail });

/** What is not well, with its cure and, where it is safe, its fix. */
export const finding = (status: "warn" | "fail", detail: string, cure?: string, fix?: Fix): Outcome => ({
  status,
  detail,
  ...(cure === undefined ? {} : { cure }),
  ...(fix === undefined ? {} : { fix }),
});
