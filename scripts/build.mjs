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

/** Keeps the code that a short run compiles; without it a start is slower and nothing else. @param {string} name */
function compile(name) {
  const args = name === "broker_process" ? [] : ["--help"];
  const file = join(dist, `${name}.cjs`);
  spawnSync(process.execPath, [join(ROOT, "scripts", "compile-bundle.mjs"), file, ...args], { stdio: "ignore" });
}
