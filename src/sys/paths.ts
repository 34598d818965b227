import { createHash, randomBytes } from "node:crypto";
import { existsSync, lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix, win32 } from "node:path";
import { AskCodexError } from "../core/errors.ts";
import { readVariable } from "./environment.ts";
import { PLATFORM } from "./platform.ts";
import { userHome } from "./user-home.ts";

/** Where records live: never inside a workspace, so that no run can touch its own. */
export function stateHome(env: NodeJS.ProcessEnv, platform = PLATFORM): string {
  const variable = (name: string) => readVariable(env, name, platform);
  const [ours, local, xdg] = ["ASK_CODEX_HOME", "LOCALAPPDATA", "XDG_STATE_HOME"].map(variable);
  const { join, resolve } = platform === "win32" ? win32 : posix;
  if (ours) return resolve(ours);
  if (platform === "win32" && local) return join(local, "ask-codex");
  if (xdg) return join(resolve(xdg), "ask-codex");
  const home = userHome(env, platform);
  if (!home || home === "/dev/null")
    throw new AskCodexError("fatal", "there is no home directory to keep records in", { hint: "set ASK_CODEX_HOME" });
  return join(home, ".local", "state", "ask-codex");
}

/** `<slug>-<sha256 of the path, 12>`: readable, and one folder a path. On Windows a path has many spellings and one key. */
export function workspaceKey(path: string, platform = PLATFORM): string {
  const workspace = platform === "win32" ? win32.normalize(path).toLowerCase() : path;
  const slug =
    (platform === "win32" ? win32 : posix)
      .basename(workspace)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 40) || "root";
  return `${slug}-${sha256(workspace).slice(0, 12)}`;
}

export const workspaceDir = (home: string, workspace: string): string =>
  join(home, "workspaces", workspaceKey(workspace));
export const runDir = (home: string, workspace: string, runId: string): string =>
  join(workspaceDir(home, workspace), "runs", runId);
/** Where a background run keeps who was shown what it has to tell; a run that nobody started so has none. */
export const inboxDir = (runDir: string): string => join(runDir, "inbox");
export const sessionDir = (home: string, workspace: string, brokerId: string): string =>
  join(sessionsDir(home, workspace), brokerId);
export const sessionsDir = (home: string, workspace: string): string => join(workspaceDir(home, workspace), "sessions");

/** `<home>/workspaces/<key>/runs/<run-id>`: the record's own place says where the state home is. */
export const homeOfRecord = (dir: string): string => dirname(dirname(dirname(dirname(dir))));

/**
 * The temporary directory of a run's own commands: short, for sockets are made there. Codex can't open a path with a
 * wildcard character in it, so a state home with one has it beside the machine's other temporary files.
 */
export function temporaryDir(home: string, id: string): string {
  if (!/[*?[\]{}]/.test(home)) return join(home, "tmp", id);
  return join(tmpdir(), `ask-codex-${process.getuid?.() ?? "user"}-${sha256(home).slice(0, 8)}-tmp`, id);
}

/**
 * Where a broker listens. A pipe of Windows stands in a place that all users share, where whoever makes a name first has
 * it, so nobody may be able to guess it: the record says it, and only its user reads the record. Unix socket paths end at 104 bytes on some systems, so it is not in the record's folder;
 * a state home with a long path gets one in the temporary directory, whose folder is checked by `makePrivateDir`.
 */
export function socketPath(home: string, name: string, platform = PLATFORM): string {
  if (platform === "win32") return `\\\\.\\pipe\\ask-codex-${name}-${randomBytes(16).toString("hex")}`;
  const beside = join(home, "sockets", name);
  if (Buffer.byteLength(beside) <= 100) return beside;
  const folder = `ask-codex-${process.getuid?.() ?? "user"}-${sha256(home).slice(0, 8)}`;
  const inTemporary = join(tmpdir(), folder, name);
  return Buffer.byteLength(inTemporary) <= 100 ? inTemporary : join("/tmp", folder, name);
}

/**
 * The nearest directory upwards that is a git work tree; no process is started for it. An empty `.git` is none: Codex's
 * sandbox leaves such a directory behind when it is interrupted, and taking its parent would widen the workspace.
 */
export function findGitRoot(dir: string): string | undefined {
  for (let at = dir; ; at = dirname(at)) {
    if (isWorkTree(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** A directory with a HEAD, or the file that a linked work tree or a submodule has. */
function isWorkTree(path: string): boolean {
  return existsSync(join(path, "HEAD")) || (lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
