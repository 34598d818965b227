import { existsSync, readFileSync } from "node:fs";
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
  const { ROOT, stampSources } = await import("./sources.mjs");
  const stamp = join(ROOT, "dist", "stamp");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === stampSources()) {
    const { compileBundle, runBundle } = await import("./bundle.mjs");
    const file = join(ROOT, "dist", `${name}.cjs`);
    runBundle(file, compileBundle(file));
    return;
  }
  if (!existsSync(join(ROOT, "node_modules")))
    fail(
      "ask-codex",
      `the packages of ask-codex are not installed in ${ROOT}`,
      `run: npm --prefix '${ROOT}' ci --omit=dev`,
    );
  // Node 22.18 and newer strip types by themselves; tsx does it for the others.
  if (!("typescript" in process.features && process.features.typescript)) {
    const { register } = await import("tsx/esm/api");
    register();
  }
  await import(pathToFileURL(join(ROOT, "scripts", `${name}.ts`)).href);
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
