import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { readIfThere } from "../sys/files.ts";
import { whyNot } from "./ask-codex-version.ts";
import { type Check, finding, ok, type World } from "./check.ts";
import { shellWord } from "./shell-word.ts";

const NPM_MS = 180_000;
const BUILD_MS = 60_000;
const LOOK_MS = 200;
const Package = z.looseObject({ dependencies: z.record(z.string(), z.string()) });

/** Whether the skill is what it should be to start fast: its packages are there, and the bundle is that of its sources. */
export const checkBundle: Check = {
  id: "bundle",
  title: "Skill's bundle",
  async run(world) {
    const { root, platform } = world;
    const there = shellWord(root, platform);
    const lacking = missingPackages(root);
    if (lacking.length > 0) {
      const run = () => alone(world, () => install(world));
      const fix = { says: `install the packages of the skill in ${root} (npm ci) and build its bundle`, run };
      return finding(
        "warn",
        `packages of the skill are missing: ${lacking.join(", ")}`,
        ["npm --prefix", there, "ci", ...productionOnly(root)].join(" "),
        fix,
      );
    }
    const state = await stateOfBundle(world);
    if (state === "fresh") return ok("fresh, and all packages are there");
    const fix = { says: `build the bundle of the skill in ${root}`, run: () => alone(world, () => build(world)) };
    return finding(
      "warn",
      `${state}, so every start is slow`,
      `node ${shellWord(join(root, "scripts", "build.mjs"), platform)}`,
      fix,
    );
  },
};

function missingPackages(root: string): string[] {
  const { dependencies } = Package.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  return Object.keys(dependencies).filter((name) => !existsSync(join(root, "node_modules", name, "package.json")));
}

async function stateOfBundle({ root, bundled, installer }: World): Promise<string> {
  if (bundled) return "fresh";
  const stamp = readIfThere(join(root, "dist", "stamp"));
  if (stamp === undefined) return "there is no bundle";
  return stamp === (await installer.stampSources()) ? "fresh" : "the bundle is older than the sources";
}

/** Packages and bundle are made by one doctor at a time; the others wait, and find them made. */
async function alone(world: World, make: () => Promise<string>): Promise<string> {
  const { root, installer } = world;
  for (let waited = 0; ; waited += LOOK_MS) {
    let lock: string;
    try {
      lock = installer.takeLock(root);
    } catch (error) {
      if (waited >= NPM_MS) throw error;
      await sleep(LOOK_MS);
      continue;
    }
    try {
      const isDone = missingPackages(root).length === 0 && (await stateOfBundle(world)) === "fresh";
      return isDone ? "somebody else has done it meanwhile" : await make();
    } finally {
      installer.dropLock(lock);
    }
  }
}

async function install(world: World): Promise<string> {
  const npm = world.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", ...productionOnly(world.root), "--ignore-scripts", "--no-audit", "--no-fund"];
  const said = await world.run({ command: npm, args, cwd: world.root, env: world.env, timeoutMs: NPM_MS });
  if (said.exitCode !== 0) throw new Error(`npm ci failed: ${whyNot(said)}`);
  return `installed the packages; ${await build(world)}`;
}

/** Whoever works on the skill itself has a clone, and needs the packages for that, too. */
const productionOnly = (root: string): string[] => (existsSync(join(root, ".git")) ? [] : ["--omit=dev"]);

async function build({ run, root, env }: World): Promise<string> {
  const args = [join(root, "scripts", "build.mjs")];
  const said = await run({ command: process.execPath, args, cwd: root, env, timeoutMs: BUILD_MS });
  if (said.exitCode !== 0) throw new Error(`the build failed: ${whyNot(said)}`);
  return "built the bundle";
}
