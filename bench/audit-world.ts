import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A repository to be audited, the same every time, away from everything else. */
export interface AuditWorld {
  workspace: string;
  env: NodeJS.ProcessEnv;
  /** The path of one of its files; two numbers far from each other are in different directories. */
  file(number: number): string;
  /** A new private directory for a store. */
  place(): string;
  /** One warm `git status`. */
  status(): Promise<void>;
  close(): void;
}

const FILES_A_DIRECTORY = 100;

/** Made by `git fast-import` and checked out once: 100,000 files in some ten seconds. */
export async function openAuditWorld(files: number): Promise<AuditWorld> {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "ask-codex-bench-"));
  const workspace = join(root, "workspace");
  mkdirSync(workspace);
  const env = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: "1", LC_ALL: "C" };
  const git = (args: string[], input?: string) =>
    execFileSync("git", args, { cwd: workspace, env, input, stdio: ["pipe", "ignore", "inherit"] });
  git(["init", "-q"]);
  git(["fast-import", "--quiet"], everyFile(files));
  git(["-c", "checkout.workers=0", "reset", "-q", "--hard", "refs/heads/made"]);
  // A file as young as the index has to be read each time, by both sides.
  await sleep(1_100);
  git(["update-index", "-q", "--really-refresh"]);
  git(["status"]);
  let places = 0;
  return {
    workspace,
    env,
    file: (number) => join(workspace, pathOf(number % files)),
    place() {
      const dir = join(root, `store-${places++}`);
      mkdirSync(dir, { mode: 0o700 });
      return dir;
    },
    status: () =>
      new Promise((resolve, reject) => {
        const child = spawn("git", ["status"], { cwd: workspace, env, stdio: "ignore" });
        child.once("error", reject);
        child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`git status ended with ${code}`))));
      }),
    close: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

const pathOf = (number: number): string => {
  const directory = Math.floor(number / FILES_A_DIRECTORY);
  return `src/part-${directory % 20}/module-${directory}/file-${number % FILES_A_DIRECTORY}.ts`;
};

function everyFile(files: number): string {
  const lines = ["commit refs/heads/made\ncommitter bench <> 0 +0000\ndata 0\n"];
  for (let number = 0; number < files; number++) {
    const text = `export const value${number} = ${number};\n`.repeat(3 + (number % 5));
    lines.push(`M 100644 inline ${pathOf(number)}\ndata ${text.length}\n${text}`);
  }
  return lines.join("");
}

/** Bytes that can't be compressed, the same every time. */
export function noise(bytes: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let state = seed + 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, bytes);
}

/** Puts whole megabytes of new files into a directory of the workspace. */
export function writeNoise(workspace: string, name: string, megabytes: number): void {
  mkdirSync(join(workspace, name));
  for (let at = 0; at < megabytes; at++) writeFileSync(join(workspace, name, `${at}.bin`), noise(1_000_000, at));
}
