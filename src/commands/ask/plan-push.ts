import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { errorCode, usageError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import { Push } from "../../core/request.ts";
import { systemTool } from "../../core/system-tool.ts";
import { readAddress } from "../../push/address.ts";
import { findProgram } from "../../push/find-program.ts";
import { splitCommand } from "../../push/split-command.ts";
import { attempt, fileReason } from "../../sys/files.ts";
import { PLATFORM } from "../../sys/platform.ts";
import type { AskFlags } from "./flags.ts";

const CMD = "--notify-cmd";
const STREAM = "--event-stream";

export interface PushPlace {
  cwd: string;
  env: NodeJS.ProcessEnv;
  home: string;
  workspace: string;
}

/** Whom a run is to tell, from the options; undefined: nobody. Throws `usage`; writes and starts nothing. */
export function planPush(flags: Partial<AskFlags>, place: PushPlace): Push | undefined {
  needs(flags, "notify-shell", "notify-cmd");
  needs(flags, "notify-insecure", "notify-url");
  needs(flags, "notify-secret-env", "notify-url");
  const { "notify-cmd": cmd, "notify-url": url, "notify-secret-env": secretEnv, "event-stream": stream } = flags;
  const insecure = flags["notify-insecure"] ?? false;
  const desktop = flags.notify ?? false;
  if (cmd === undefined && url === undefined && stream === undefined && !desktop) return undefined;
  if (url !== undefined) readAddress(url, { insecure, env: place.env });
  if (secretEnv !== undefined && !place.env[secretEnv])
    throw usageError(`--notify-secret-env ${secretEnv}: this variable is not set`, "set it, or leave the option out");
  return Push.parse({
    ...(cmd === undefined ? {} : { cmd: planCommand(cmd, flags["notify-shell"] ?? false, place), cwd: place.cwd }),
    ...(url === undefined ? {} : { url }),
    ...(secretEnv === undefined ? {} : { secretEnv }),
    ...(stream === undefined ? {} : { stream: planStream(stream, place) }),
    insecure,
    desktop,
  });
}

function needs(flags: Partial<AskFlags>, option: keyof AskFlags, partner: keyof AskFlags): void {
  if (flags[option] !== undefined && flags[partner] === undefined)
    throw usageError(`--${option} says something about --${partner}, which is not given`, "give both or none");
}

/** argv, its program as an absolute path: the broker stands elsewhere and may have another PATH. */
function planCommand(text: string, shell: boolean, place: PushPlace): string[] {
  if (redact(text) !== text)
    throw usageError(
      `${CMD} has something in it that looks like a secret, and it would stand in the record`,
      "let the command read it from a variable or a file",
    );
  if (shell) return shellCommand(text, PLATFORM);
  const [program = "", ...args] = splitCommand(text, CMD);
  const found = findProgram(program, place);
  if ("problem" in found)
    throw usageError(`${CMD} can't be started: ${program}: ${found.problem}`, "name a program that can be executed");
  return [found.path, ...args];
}

/** With `/s`, cmd takes off the outer quotes and leaves all others as they were written. */
export const shellCommand = (text: string, platform: NodeJS.Platform): string[] =>
  platform === "win32" ? [systemTool("cmd.exe"), "/d", "/s", "/c", `"${text}"`] : ["/bin/sh", "-c", text];

/**
 * The file that is appended to, without links. Inside the workspace our own lines would look like work of Codex's, but
 * for the folder that is ours there.
 */
function planStream(named: string, { cwd, home, workspace }: PushPlace): string {
  const path = attempt(() => realpathSync(resolve(cwd, named))) ?? resolve(cwd, named);
  const refuse = (why: string, hint = "name a file in a directory that exists") =>
    usageError(`${STREAM} ${named} can't be written: ${why}`, hint);
  let real: string;
  try {
    const dir = realpathSync(dirname(path));
    if (!statSync(dir).isDirectory()) throw refuse(`${dir} is a file`);
    accessSync(dir, constants.W_OK);
    real = join(dir, basename(path));
    const found = statSync(real, { throwIfNoEntry: false });
    if (found && !found.isFile()) throw refuse(found.isDirectory() ? "it is a directory" : "it is not a file");
    if (found && found.nlink > 1) throw refuse("it has another name too (a hard link)");
    if (found) accessSync(real, constants.W_OK | constants.R_OK);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw refuse(fileReason(error));
  }
  if (isIn(real, home)) throw refuse("it is among the records of ask-codex", "name a file elsewhere");
  if (isIn(real, workspace) && !isIn(real, join(workspace, ".ask-codex")))
    throw refuse(
      "it lies in the workspace, where each line would look like a change of Codex's",
      "name a file outside of it, or in its .ask-codex folder",
    );
  return real;
}

function isIn(path: string, dir: string): boolean {
  const way = relative(attempt(() => realpathSync(dir)) ?? dir, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
