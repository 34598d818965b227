#!/usr/bin/env node
// The installer: install.sh and install.ps1 end here. It runs before npm ever has, so it uses nothing but Node.
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readBundle, versionOf } from "./install/bundle.mjs";
import { needsSetup, setUp } from "./install/first-run.mjs";
import { grantRules, hasRules, revokeRules } from "./install/grant.mjs";
import { installCopy, installLink } from "./install/install.mjs";
import { HELP, parseOptions } from "./install/options.mjs";
import { configDirOf, findOnPath, stateHomeOf, targetOf } from "./install/places.mjs";
import { EXIT, isProblem, problem, sentenceOf } from "./install/problem.mjs";
import { settingsPaths } from "./install/settings-file.mjs";
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
  const bundle = options.uninstall || options.revoke ? { root, version: "" } : readBundle(root);
  const context = {
    bundle,
    target,
    env,
    signal: stopSignal(),
    dryRun: options["dry-run"],
    say,
    warn,
    ...hooksOf(options),
  };
  if (options.plugin || options.revoke) return await changeRules(options, options.plugin ? root : target);
  if (options.uninstall) {
    const revoked = await revokeAll(options, target);
    return [...revoked, ...(await uninstall(context, stateHomeOf(env, process.cwd(), platform)))];
  }
  if (options.link) refuseTemporary();
  const done = options.link ? await installLink(context) : await installCopy(context);
  if (!options.grant) return [...done, ...nextLines(context)];
  if (!options.quiet) print(done);
  return [...(await changeRules(options, target)), ...nextLines(context)];
}

/**
 * @param {import("./install/options.mjs").Options} options
 * @param {string} skillDir
 */
async function changeRules(options, skillDir) {
  if (options.plugin && !options["dry-run"] && needsSetup(skillDir)) {
    refuseTemporary("--plugin");
    await setUp(skillDir, {
      env,
      signal: stopSignal(),
      say: (line) => options.quiet || process.stderr.write(`${line}\n`),
    });
  }
  const files = settings();
  /** @type {import("../src/claude/permission-rules.mjs").How} */
  const how = options.plugin ? "plugin" : "skill";
  const file = options.project ? files.project : files.user;
  const show = (/** @type {string[]} */ lines) => void (options.quiet || print(lines));
  const again = `${options.plugin ? " --plugin" : ""}${options.project ? " --project" : ""}`;
  const grant = { skillDir, how, file, files: Object.values(files), dryRun: options["dry-run"], again, show };
  return options.grant ? await grantRules(grant) : await revokeRules(grant);
}

/**
 * What is uninstalled must not stay allowed. A file that can't be changed is said; the uninstall goes on.
 * @param {import("./install/options.mjs").Options} options
 * @param {string} skillDir
 */
async function revokeAll(options, skillDir) {
  const lines = [];
  const configDir = configDirOf(env, process.cwd(), platform);
  for (const file of configDir === undefined ? [] : Object.values(settingsPaths(configDir, process.cwd()))) {
    const grant = {
      skillDir,
      how: /** @type {const} */ ("skill"),
      file,
      files: [],
      dryRun: options["dry-run"],
      show: () => {},
    };
    if (!hasRules(grant)) continue;
    if (options["dry-run"]) lines.push(`would revoke the permission rules in ${file}`);
    else lines.push(...(await revokeRules(grant).catch(saidInstead)));
  }
  return lines;
}

function settings() {
  const configDir = configDirOf(env, process.cwd(), platform);
  if (configDir !== undefined) return settingsPaths(configDir, process.cwd());
  throw problem(
    "HOME is not set, so the settings of Claude Code can't be found; set HOME or CLAUDE_CONFIG_DIR and run this again",
  );
}

/**
 * @param {unknown} error
 * @returns {string[]}
 */
function saidInstead(error) {
  warn(sentenceOf(error, "the permission rules were not revoked"));
  return [];
}

/**
 * A link to a clone that is removed in a moment would be a link to nothing.
 * @param {string} [flag]
 */
function refuseTemporary(flag = "--link") {
  if (!env.ASK_CODEX_TEMPORARY_CLONE) return;
  throw problem(
    `${flag} needs a clone that stays, and this one is removed when the install ends, so nothing was changed; git clone the repository and run ./install.sh ${flag} in it`,
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

/** @param {import("./install/options.mjs").Options} options */
function hooksOf(options) {
  if (options.hooks) return { hooks: true };
  return options["no-hooks"] ? { hooks: false } : {};
}

/** @param {string[]} lines */
function print(lines) {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** @param {string} sentence */
function warn(sentence) {
  process.stderr.write(`ask-codex: ${sentence}${sentence.includes("\n") ? "" : "."}\n`);
}
