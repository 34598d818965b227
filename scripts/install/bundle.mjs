import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { problem } from "./problem.mjs";
import { lookAt, walk } from "./tree.mjs";

const FILES = [
  "SKILL.md",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
];
const FOLDERS = ["references", "scripts", "src", "examples", "hooks", "commands", "agents", ".claude-plugin", "assets"];
/** Never copied from any depth: what is made on the spot, and what may hold secrets. */
const NEVER = /^(?:\.git|node_modules|\.DS_Store|\.env(?:\..*)?)$/;

/**
 * Whether a directory holds this skill: its SKILL.md says so in the front matter.
 * @param {string} folder
 */
export function isAskCodex(folder) {
  const head = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(headOf(join(folder, "SKILL.md")));
  return /^name:[ \t]*(["']?)ask-codex\1[ \t]*$/m.test((head?.[1] ?? "").replaceAll("\r", ""));
}

/** @param {string} path */
function headOf(path) {
  try {
    const buffer = Buffer.alloc(16_384);
    const file = openSync(path, "r");
    try {
      return buffer.toString("utf8", 0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

/**
 * The version that a bundle or an installed copy names in its package.json.
 * @param {string} folder
 * @returns {string | undefined}
 */
export function versionOf(folder) {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The bundle that is to be installed; a damaged one is refused before anything is touched.
 * @param {string} root
 */
export function readBundle(root) {
  const version = versionOf(root);
  const missing = ["SKILL.md", "package.json", "package-lock.json"].filter((name) => !isFile(join(root, name)));
  if (missing.length > 0 || version === undefined || !isAskCodex(root)) {
    const why =
      missing.length > 0
        ? `${missing.join(" and ")} missing`
        : "its SKILL.md or package.json is not the one of ask-codex";
    throw problem(`${root} is not a complete ask-codex bundle (${why}), so nothing was installed; clone it again`);
  }
  return { root, version };
}

/**
 * The files an installed copy consists of, as paths with slashes: what a run needs and nothing else.
 * @param {string} root
 */
export function bundleFiles(root) {
  const files = FILES.filter((name) => isFile(join(root, name)));
  for (const folder of FOLDERS) {
    if (lookAt(join(root, folder)) === undefined) continue;
    for (const { path } of walk(join(root, folder), (path) => NEVER.test(path.split("/").at(-1) ?? ""))) {
      if (isFile(join(root, folder, path))) files.push(`${folder}/${path}`);
    }
  }
  return files.sort();
}

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
