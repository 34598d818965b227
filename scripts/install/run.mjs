import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOnPath } from "./places.mjs";
import { problem } from "./problem.mjs";

const OUTPUT_LIMIT = 64 * 1024;
const KILL_AFTER_MS = 5_000;

/** @typedef {{ cwd: string, env: Record<string, string | undefined>, signal: AbortSignal }} Where */
/** @typedef {{ file: string, args: string[], shell?: boolean }} Command */

/**
 * Makes a directory that holds the bundle's files runnable: dependencies, build, and the proof that it starts.
 * @param {Where} where
 * @param {{ dependencies: boolean, say: (line: string) => void }} how
 */
export async function prepare(where, { dependencies, say }) {
  if (dependencies) {
    say("installing the dependencies (npm ci) …");
    await run("npm ci", npmCi(where.env, process.platform), where);
  }
  if (existsSync(join(where.cwd, "scripts", "build.mjs"))) {
    say("building …");
    await run("the build", { file: process.execPath, args: [join("scripts", "build.mjs")] }, where);
  }
  if (existsSync(join(where.cwd, "scripts", "ask_codex.mjs"))) {
    const args = [join("scripts", "ask_codex.mjs"), "--version"];
    await run("the check of the result (ask_codex --version)", { file: process.execPath, args }, where);
  }
}

/**
 * On Windows npm is a batch file, which only a shell can start: npm's own JavaScript is started where it is found,
 * else a shell gets one fixed line, and the path only as its working directory.
 * @param {Where["env"]} env
 * @param {NodeJS.Platform} platform
 * @returns {Command}
 */
export function npmCi(env, platform) {
  const args = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
  const npm = findOnPath("npm", env, platform);
  if (npm === undefined) {
    throw problem(
      "npm is not on PATH, but the dependencies come from it, so nothing was installed; install Node.js with npm",
    );
  }
  if (platform !== "win32") return { file: npm, args };
  const script = join("node_modules", "npm", "bin", "npm-cli.js");
  const found = [dirname(npm), dirname(process.execPath)].map((folder) => join(folder, script)).find(existsSync);
  if (found !== undefined) return { file: process.execPath, args: [found, ...args] };
  return { file: `npm.cmd ${args.join(" ")}`, args: [], shell: true };
}

/**
 * Runs one step to its end in a group of its own, without stdin (under `curl | sh` that is the script itself), and
 * turns every end but a clean one into a problem that quotes the step's own words.
 * @param {string} name
 * @param {Command} command
 * @param {Where} where
 */
async function run(name, command, where) {
  const { code, output } = await finished(command, where);
  where.signal.throwIfAborted();
  if (code === 0) return;
  const end = code === null ? "was killed" : `ended with exit code ${code}`;
  throw problem(`${name} ${end} (${quote(output)}), so nothing was changed; ${nextStep(output)}`);
}

/**
 * @param {Command} command
 * @param {Where} where
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function finished({ file, args, shell = false }, { cwd, env, signal }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const ownGroup = process.platform !== "win32";
    const options = { cwd, env: { ...env, npm_config_update_notifier: "false" }, shell, detached: ownGroup };
    const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    let output = "";
    const collect = (/** @type {string} */ text) => {
      output = (output + text).slice(-OUTPUT_LIMIT);
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const stop = () => {
      kill(child, ownGroup, "SIGTERM");
      timer = setTimeout(() => kill(child, ownGroup, "SIGKILL"), KILL_AFTER_MS);
    };
    signal.addEventListener("abort", stop);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("close", (code) => {
      settle();
      resolve({ code, output });
    });
  });
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {boolean} group
 * @param {NodeJS.Signals} signal
 */
function kill(child, group, signal) {
  try {
    if (group && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

/**
 * The lines that say what is wrong: from npm's, esbuild's or Node's first error on, else from the start.
 * @param {string} output
 */
function quote(output) {
  const lines = output.split("\n").filter((line) => !line.includes("complete log of this run"));
  const first = lines.findIndex((line) => /^npm (?:error|ERR!)|\[ERROR\]|^\w*Error\b.*:/.test(line));
  const telling = lines.slice(Math.max(first, 0)).map((line) => line.replace(/^npm (?:error|ERR!)/, "").trim());
  const said = telling.filter((line) => !/^(?:errno .*|syscall .*)?$/.test(line)).slice(0, 3);
  return said.join("; ").slice(0, 400).replace(/[.:]$/, "") || "it printed nothing";
}

/** @param {string} output */
function nextStep(output) {
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(output)) {
    return "check the network and npm's registry and proxy settings, and run this again";
  }
  if (/ENOSPC/.test(output)) return "make room on the disk and run this again";
  return "correct that and run this again";
}
