// The permission rules of Claude Code that the skill needs, in JavaScript: the installer asks before npm has ever run.
// Rules are compared with the command as text (CLAUDE-CODE.md 4), so each spelling is a rule of its own.
import { realpathSync } from "node:fs";

/** The scripts that Claude calls. One rule a script: `scripts/*` would allow a path that leads out of the folder, too. */
export const SCRIPTS = /** @type {const} */ ([
  "ask_codex",
  "codex_broker",
  "codex_runs",
  "codex_review",
  "codex_doctor",
]);

/** How the skill got to Claude: in a skills folder, or as a plugin, which puts its name in front. @typedef {"skill" | "plugin"} How */

/**
 * Exactly what the user has to allow so that a whole delegation asks nothing: the skill, its scripts and its references.
 * A skill that is a link is known by the link's path, but its files are read by the path that the link leads to.
 * @param {string} skillDir absolute, as Claude Code names it
 * @param {How} how
 * @returns {string[]}
 */
export function permissionRules(skillDir, how) {
  const folders = [...new Set([skillDir, realPathOf(skillDir)])].map((folder) => folder.replaceAll("\\", "/"));
  const skill = how === "plugin" ? "Skill(ask-codex:ask-codex)" : "Skill(ask-codex)";
  const bash = folders.flatMap((folder) => SCRIPTS.map((name) => bashRule(folder, name)));
  return [skill, ...bash, ...folders.map((folder) => `Read(/${folder.startsWith("/") ? "" : "/"}${folder}/**)`)];
}

/**
 * A command with a space in its path is quoted, and so its rule is.
 * @param {string} folder
 * @param {string} name
 */
function bashRule(folder, name) {
  const script = `${folder}/scripts/${name}.mjs`;
  return /^[\w@%+=:,./~-]+$/.test(script) ? `Bash(node ${script} *)` : `Bash(node "${script}" *)`;
}

/** @param {string} path */
function realPathOf(path) {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * The rules that a settings file does not allow yet; undefined where the text is no settings file that we understand
 * (no JSON, comments, a `permissions.allow` that is no list).
 * @param {string} settingsText
 * @param {readonly string[]} rules
 * @returns {string[] | undefined}
 */
export function missingRules(settingsText, rules) {
  const allowed = listOf(settingsText, "allow");
  return allowed === undefined ? undefined : rules.filter((rule) => !allowed.includes(rule));
}

/**
 * The rules of a list in a settings file's `permissions`; an absent one is empty, and undefined is as above.
 * @param {string} settingsText
 * @param {"allow" | "deny" | "ask"} list
 * @returns {string[] | undefined}
 */
export function listOf(settingsText, list) {
  const text = settingsText.replace(/^\uFEFF/, "");
  if (text.trim() === "") return [];
  try {
    const settings = JSON.parse(text);
    if (!isObject(settings)) return undefined;
    const { permissions = {} } = settings;
    if (!isObject(permissions)) return undefined;
    const { [list]: rules = [] } = permissions;
    return Array.isArray(rules) && rules.every((rule) => typeof rule === "string") ? rules : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The user's own rules in a settings file that win over some of ours: a `deny` refuses and an `ask` asks, whatever is
 * allowed. Patterns are read as Claude Code reads them, as far as ours can meet them.
 * @param {string} settingsText
 * @param {readonly string[]} rules
 * @returns {{ list: "deny" | "ask", rule: string }[]}
 */
export function overridingRules(settingsText, rules) {
  const lists = /** @type {const} */ (["deny", "ask"]);
  return lists.flatMap((list) =>
    (listOf(settingsText, list) ?? [])
      .filter((theirs) => rules.some((ours) => covers(theirs, ours)))
      .map((rule) => ({ list, rule })),
  );
}

/**
 * Whether a rule meets what one of ours stands for, by an example of it.
 * @param {string} theirs
 * @param {string} ours
 */
function covers(theirs, ours) {
  const [, tool, pattern = "*"] = /^(\w+)(?:\((.*)\))?$/s.exec(theirs) ?? [];
  const [, ourTool, ourPattern = ""] = /^(\w+)\((.*)\)$/s.exec(ours) ?? [];
  if (tool === undefined || tool !== ourTool) return false;
  const example = ourPattern.replace(/ \*$/, " x").replace(/\*\*$/, "x.md");
  const wild = pattern.replace(/:\*$/, "*").replace(/^~\//, "**/");
  const regExp = wild.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll(/\*+/g, ".*");
  return new RegExp(`^${regExp}$`, "s").test(example);
}
