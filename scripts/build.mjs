#!/usr/bin/env node
// Bundles the scripts into dist/, because loading a hundred small files costs more than a short run of Codex.
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT, stampSources } from "./sources.mjs";

const staging = mkdtempSync(join(ROOT, ".dist-"));
try {
  const stamp = stampSources();
  await build({
    absWorkingDir: ROOT,
    entryPoints: readdirSync(join(ROOT, "scripts"))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join("scripts", name)),
    outdir: staging,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    minify: true,
    logLevel: "error",
    // CommonJS packages in the bundle still call require.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  writeFileSync(join(staging, "stamp"), stamp);
  // A start that reads dist/ now finds the old one or the new one; between the two renames it runs the sources.
  const dist = join(ROOT, "dist");
  rmSync(join(dist, "stamp"), { force: true });
  rmSync(dist, { recursive: true, force: true });
  renameSync(staging, dist);
} catch (error) {
  rmSync(staging, { recursive: true, force: true });
  throw error;
}
