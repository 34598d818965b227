// What `npm test`, `npm run demo` and `npm run bench` need on a fresh clone: the packages, and a bundle that is not stale.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isBundleFresh, ROOT } from "./sources.mjs";

// The installed skill has packages, too, but not those of the tests.
if (!existsSync(join(ROOT, "node_modules", "vitest", "package.json"))) {
  process.stderr.write("installing the packages (npm ci) …\n");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    process.stderr.write("npm ci failed: see above; is the npm registry reachable?\n");
    process.exit(npm.status ?? 1);
  }
}
if (!isBundleFresh()) await import("./build.mjs");
