import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { AskCodexError } from "../core/errors.ts";
import { readVariable } from "../sys/environment.ts";
import { ARCH, PLATFORM } from "../sys/platform.ts";
import { nativeBehind } from "./native-codex.ts";
import { scriptBehind } from "./npm-shim.ts";

/** How to start Codex: the native binary where it can be found, for a SIGKILL of the npm wrapper orphans it (CODEX.md surprise 7). */
export interface CodexCommand {
  command: string;
  args: string[];
  native: boolean;
}

/** For which system a Codex is looked for. */
export interface System {
  platform: NodeJS.Platform;
  arch: NodeJS.Architecture;
}

const HERE: System = { platform: PLATFORM, arch: ARCH };
const HINT = "install it with `npm install -g @openai/codex`, then `codex login`; or set ASK_CODEX_BIN to the binary";

/** Finds the Codex that is installed: ASK_CODEX_BIN, else PATH. Starts nothing. Throws `fatal` when there is none. */
export function findCodex(env: NodeJS.ProcessEnv, system = HERE): CodexCommand {
  const named = readVariable(env, "ASK_CODEX_BIN", system.platform);
  if (named) {
    const path = isAbsolute(named) ? named : resolve(named);
    if (!isRunnable(path, system))
      throw new AskCodexError("fatal", `ASK_CODEX_BIN is ${named}, which is not an executable file`, { hint: HINT });
    return unwrap(path, system);
  }
  const isWindows = system.platform === "win32";
  // Npm puts three shims side by side; the one without an ending is for a POSIX shell.
  const names = isWindows ? ["codex.exe", "codex.cmd", "codex.ps1"] : ["codex"];
  for (const dir of (readVariable(env, "PATH", system.platform) ?? "").split(isWindows ? ";" : ":")) {
    // On Windows a folder with a semicolon in its name stands in quotes.
    const folder = isWindows ? dir.trim().replace(/^"(.*)"$/, "$1") : dir;
    for (const name of names)
      if (folder && isRunnable(join(folder, name), system)) return unwrap(join(folder, name), system);
  }
  throw new AskCodexError("fatal", "Codex is not installed: no `codex` on PATH", { hint: HINT });
}

/**
 * The native binary behind the npm wrapper, or the program itself. Where the binary is not found, Node runs the wrapper.
 * Never a shell: it would take a prompt's `&` and `%` for its own.
 */
function unwrap(path: string, system: System): CodexCommand {
  const real = realpathSync(path);
  const script = wrapperScript(path, real, system);
  const native = script && nativeBehind(script, system, (file) => isRunnable(file, system));
  if (native) return { command: native, args: [], native: true };
  const runs = script ?? real;
  if (/\.[cm]?js$/.test(runs)) return { command: process.execPath, args: [runs], native: false };
  if (system.platform === "win32" && /\.(?:cmd|bat|ps1)$/i.test(real))
    throw new AskCodexError("fatal", `${path} is a script for a shell, and what it starts is not npm's Codex`, {
      hint: "set ASK_CODEX_BIN to codex.exe itself: Windows would start the script by a shell only",
    });
  return { command: real, args: [], native: !isScript(real) };
}

/** The wrapper is a link to `@openai/codex/bin/codex.js`, or on Windows a shim that starts it. */
function wrapperScript(path: string, real: string, { platform }: System): string | undefined {
  if (real.endsWith(join("@openai", "codex", "bin", "codex.js"))) return real;
  return platform === "win32" && /\.(?:cmd|ps1)$/i.test(path) ? scriptBehind(path) : undefined;
}

function isRunnable(path: string, { platform }: System): boolean {
  try {
    accessSync(path, platform === "win32" ? constants.F_OK : constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether a file begins as a script does; one that can be run but not read is a program. */
function isScript(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(2);
    readSync(file, head, 0, 2, 0);
    return head.toString("latin1") === "#!";
  } finally {
    closeSync(file);
  }
}
