#!/usr/bin/env node
// The installer: install.sh and install.ps1 end here. It runs before npm ever has, so it uses nothing but Node.
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readBundle, versionOf } from "./install/bundle.mjs";
import { installCopy, installLink } from "./install/install.mjs";
import { HELP, parseOptions } from "./install/options.mjs";
import { findOnPath, stateHomeOf, targetOf } from "./install/places.mjs";
import { EXIT, isProblem, problem, sentenceOf } from "./install/problem.mjs";
import { shown } from "./install/text.mjs";
import { uninstall } from "./install/uninstall.mjs";

/** @typedef {import("./install/install.mjs").Context} Context */

const root = resolve(fileURLToPath(new URL("..", import.meta.url)));
const { env, platform } = process;

process.exitCode = await main(process.argv.slice(2));

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main(args) {
  const what = args.includes("--uninstall") ? "the uninstall is not complete" : "nothing was installed or changed";
  try {
    const options = parseOptions(args);
    if (options.help) print([HELP]);
    else if (options.version) print([`ask-codex ${versionOf(root) ?? "of an unknown version"}`]);
    else {
      const lines = await act(options);
      if (!options.quiet) print(lines);
    }
    return EXIT.ok;
  } catch (error) {
    warn(sentenceOf(error, what));
    return isProblem(error) ? error.exitCode : EXIT.failed;
  }
}

/** @param {import("./install/options.mjs").Options} options */
async function act(options) {
  const target = targetOf(env, process.cwd(), platform);
  const say = (/** @type {string} */ line) => void (options.quiet || process.stderr.write(`${line}\n`));
  const bundle = options.uninstall ? { root, version: "" } : readBundle(root);
  const context = { bundle, target, env, signal: stopSignal(), dryRun: options["dry-run"], say, warn };
  if (options.uninstall) return await uninstall(context, stateHomeOf(env, process.cwd(), platform));
  if (options.link) refuseTemporary();
  const done = options.link ? await installLink(context) : await installCopy(context);
  return [...done, ...nextLines(context)];
}

/** A link to a clone that is removed in a moment would be a link to nothing. */
function refuseTemporary() {
  if (!env.ASK_CODEX_TEMPORARY_CLONE) return;
  throw problem(
    "--link needs a clone that stays, and this one is removed when the install ends, so nothing was changed; git clone the repository and run ./install.sh --link in it",
    EXIT.usage,
  );
}

/**
 * Ctrl-C and its like end the running step; then everything is put back before the process ends.
 * @returns {AbortSignal}
 */
function stopSignal() {
  const controller = new AbortController();
  for (const name of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(name, () => controller.abort(problem(`stopped by ${name}; nothing was changed`, EXIT.stopped)));
  }
  return controller.signal;
}

/**
 * What the user does next, and what is still missing for it; neither is an error of the install.
 * @param {Context} context
 */
function nextLines({ target, dryRun }) {
  const missing = [];
  if (!env.ASK_CODEX_BIN && findOnPath("codex", env, platform) === undefined) {
    missing.push("Codex is not on PATH: npm install -g @openai/codex, then codex login");
  }
  if (findOnPath("git", env, platform) === undefined) {
    missing.push("git is not on PATH: without it, the files that a run changes can't be listed");
  }
  if (dryRun) return missing;
  const script = shown(join(target, "scripts", "ask_codex.mjs"), platform);
  return ["next: start claude and type /ask-codex <task>", `or call it directly: node ${script} "…"`, ...missing];
}

/** @param {string[]} lines */
function print(lines) {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** @param {string} sentence */
function warn(sentence) {
  process.stderr.write(`ask-codex: ${sentence}.\n`);
}
