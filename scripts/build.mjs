#!/usr/bin/env node
// Bundles each script into one file of dist/ with its compiled code beside it: loading a hundred small files costs more
// than a short run of Codex, and a broker that has read its one file does not care when an update replaces it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT, stampSources } from "./sources.mjs";

// zod compiles a parser for every object that it meets, which pays off after thousands of parses; a run has a few.
const BANNER = `const __bundleUrl = require('node:url').pathToFileURL(__filename).href; globalThis.__zod_globalConfig = { jitless: true };`;

const dist = join(ROOT, "dist");
const names = readdirSync(join(ROOT, "scripts")).flatMap((name) => (name.endsWith(".ts") ? [name.slice(0, -3)] : []));
const staging = mkdtempSync(join(ROOT, ".dist-"));
try {
  const stamp = stampSources();
  await build({
    absWorkingDir: ROOT,
    entryPoints: names.map((name) => join("scripts", `${name}.ts`)),
    outdir: staging,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20.19",
    minify: true,
    logLevel: "error",
    define: { "import.meta.url": "__bundleUrl" },
    banner: { js: BANNER },
  });
  rmSync(dist, { recursive: true, force: true });
  renameSync(staging, dist);
  // The stamp is written last: until then a start runs the sources.
  for (const name of names) compile(name);
  writeFileSync(join(dist, "stamp"), stamp);
} catch (error) {
  rmSync(staging, { recursive: true, force: true });
  throw error;
}

/**
 * What each bundle is run with: as much of its way as needs no Codex and leaves nothing behind.
 * @param {string} name
 */
function warmUp(name) {
  if (name === "ask_codex") return ["--dry-run", "run the tests"];
  if (name === "codex_broker") return ["start", "--dry-run", "run the tests"];
  if (name === "codex_doctor") return ["--quiet"];
  if (name === "codex_hook") {
    const input = { session: "s", turn: null, dir: dist, again: false, call: "c" };
    return ["session-start", "--input", JSON.stringify(input)];
  }
  return name === "broker_process" ? [] : ["--help"];
}

/**
 * Keeps the code that a short run compiles; without it a start is slower and nothing else.
 * @param {string} name
 */
function compile(name) {
  const file = join(dist, `${name}.cjs`);
  const env = { PATH: process.env.PATH, HOME: dist, ASK_CODEX_BIN: process.execPath };
  const args = [join(ROOT, "scripts", "compile-bundle.mjs"), file, ...warmUp(name)];
  spawnSync(process.execPath, args, { stdio: "ignore", cwd: ROOT, env });
}
