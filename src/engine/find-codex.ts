import { accessSync, closeSync, constants, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { AskCodexError } from "../core/errors.ts";

/** How to start Codex: the native binary where it can be found, for a SIGKILL of the npm wrapper orphans it (CODEX.md surprise 7). */
export interface CodexCommand {
  command: string;
  args: string[];
  native: boolean;
}

const HINT = "install it with `npm install -g @openai/codex`, then `codex login`; or set ASK_CODEX_BIN to the binary";

/** Finds the Codex that is installed: ASK_CODEX_BIN, else PATH. Starts nothing. Throws `fatal` when there is none. */
export function findCodex(env: NodeJS.ProcessEnv): CodexCommand {
  const named = env.ASK_CODEX_BIN;
  if (named) {
    const path = isAbsolute(named) ? named : resolve(named);
    if (!isRunnable(path))
      throw new AskCodexError("fatal", `ASK_CODEX_BIN is ${named}, which is not an executable file`, { hint: HINT });
    return unwrap(path);
  }
  const names = process.platform === "win32" ? ["codex.exe", "codex.cmd"] : ["codex"];
  for (const dir of (env.PATH ?? env.Path ?? "").split(delimiter)) {
    for (const name of names) if (dir && isRunnable(join(dir, name))) return unwrap(join(dir, name));
  }
  throw new AskCodexError("fatal", "Codex is not installed: no `codex` on PATH", { hint: HINT });
}

/** The native binary behind the npm wrapper, or the program itself. */
function unwrap(path: string): CodexCommand {
  const real = realpathSync(path);
  const script = wrapperScript(path, real);
  const native = script && nativeBehind(script);
  if (native) return { command: native, args: [], native: true };
  if (/\.[cm]?js$/.test(real)) return { command: process.execPath, args: [real], native: false };
  return { command: real, args: [], native: !isScript(real) };
}

/** The wrapper is a link to `@openai/codex/bin/codex.js`, or on Windows a .cmd beside the `node_modules` that has it. */
function wrapperScript(path: string, real: string): string | undefined {
  if (real.endsWith(join("@openai", "codex", "bin", "codex.js"))) return real;
  const beside = join(dirname(path), "node_modules", "@openai", "codex", "bin", "codex.js");
  return /\.(cmd|ps1)$/.test(path) && existsSync(beside) ? beside : undefined;
}

const TRIPLES: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

/** npm puts the binary in a package per platform; older releases kept it in the wrapper's own `vendor`. */
function nativeBehind(script: string): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  const triple = TRIPLES[platform];
  const exe = process.platform === "win32" ? "codex.exe" : "codex";
  if (!triple) return undefined;
  const homes = [dirname(dirname(script))];
  try {
    homes.unshift(dirname(createRequire(script).resolve(`@openai/codex-${platform}/package.json`)));
  } catch {
    // Not installed as a package of its own: the older layout is tried.
  }
  const candidates = homes.flatMap((home) =>
    ["bin", "codex"].map((folder) => join(home, "vendor", triple, folder, exe)),
  );
  return candidates.find(isRunnable);
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, process.platform === "win32" ? constants.F_OK : constants.X_OK);
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
