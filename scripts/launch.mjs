import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { insideCodex, surelyStarts } from "../src/gate/inside-codex.mjs";

const FLOOR = { major: 20, minor: 19 };

/**
 * Runs one of the skill's scripts in this very process: the bundle where it is fresh, else the TypeScript itself,
 * stripped by Node where Node can, by tsx where it can't.
 * @param {string} name
 */
export async function launch(name) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < FLOOR.major || (major === FLOOR.major && minor < FLOOR.minor)) {
    fail(
      "ask-codex",
      `Node ${process.versions.node} is too old: ask-codex needs ${FLOOR.major}.${FLOOR.minor} or newer`,
      "install a newer Node and call it by its path",
    );
  }
  const argv = process.argv.slice(2);
  const inside = surelyStarts(name, argv) ? insideCodex(process.env) : undefined;
  if (inside) {
    const { message: reason, hint } = inside;
    if (argv.includes("--json"))
      process.stdout.write(`${JSON.stringify({ verdict: "fatal", exit_code: 3, reason, hint })}\n`);
    fail(name, reason, hint);
  }
  const { isBundleFresh, ROOT } = await import("./sources.mjs");
  let fresh = isBundleFresh();
  if (!fresh) {
    await setUpFirst(ROOT, argv);
    fresh = isBundleFresh();
  }
  if (fresh) {
    const { compileBundle, runBundle } = await import("./bundle.mjs");
    const file = join(ROOT, "dist", `${name}.cjs`);
    runBundle(file, compileBundle(file));
    return;
  }
  // Node 22.18 and newer strip types by themselves; tsx does it for the others.
  if (!("typescript" in process.features && process.features.typescript)) {
    const { register } = await import("tsx/esm/api");
    register();
  }
  await import(pathToFileURL(join(ROOT, "scripts", `${name}.ts`)).href);
}

/**
 * A plugin and `npx skills add` bring the sources alone: the first call fetches the packages and builds. Inside
 * Codex there is no network to do it with; a hook asks needsSetup itself and never comes here for it.
 * @param {string} root
 * @param {string[]} argv
 */
async function setUpFirst(root, argv) {
  const { needsSetup, setUp } = await import("./install/first-run.mjs");
  if (!needsSetup(root)) return;
  const why = whyNot() ?? (await withSignal((signal) => setUp(root, { env: process.env, signal, say })));
  // With packages, if older ones, the sources run as they are.
  if (why === undefined || existsSync(join(root, "node_modules"))) return;
  const reason = `the packages of ask-codex are not installed in ${root}, and it did not set itself up: ${why}`;
  const hint = `run: npm --prefix '${root}' ci --omit=dev`;
  if (argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ verdict: "fatal", exit_code: 3, reason, hint })}\n`);
  fail("ask-codex", reason, hint);
}

function whyNot() {
  if (process.env.ASK_CODEX_NO_SETUP) return "ASK_CODEX_NO_SETUP is set";
  return insideCodex(process.env) ? "this runs inside Codex" : undefined;
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`ask-codex: ${line}\n`);
}

/**
 * Runs what Ctrl-C and its like must end in good order; the process then ends as the signal would have ended it.
 * @param {(signal: AbortSignal) => Promise<void>} action
 * @returns {Promise<string | undefined>} why it failed
 */
async function withSignal(action) {
  const controller = new AbortController();
  const codes = /** @type {const} */ ({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });
  const stop = (/** @type {keyof typeof codes} */ name) => controller.abort(name);
  const names = /** @type {const} */ (["SIGHUP", "SIGINT", "SIGTERM"]);
  for (const name of names) process.on(name, stop);
  try {
    await action(controller.signal);
    return undefined;
  } catch (error) {
    const name = names.find((candidate) => candidate === controller.signal.reason);
    if (name !== undefined) process.exit(codes[name]);
    return error instanceof Error ? error.message : String(error);
  } finally {
    for (const name of names) process.off(name, stop);
  }
}

/**
 * @param {string} who
 * @param {string} why
 * @param {string} hint
 * @returns {never}
 */
function fail(who, why, hint) {
  process.stderr.write(`${who}: ${why}\n  hint: ${hint}\n`);
  process.exit(3);
}
