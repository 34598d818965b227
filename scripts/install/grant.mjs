import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { missingRules, overridingRules, permissionRules } from "../../src/claude/permission-rules.mjs";
import { isProblem, problem } from "./problem.mjs";
import { readSettings, writeSettings } from "./settings-file.mjs";

/**
 * @typedef {object} Grant whose rules, and where they go
 * @property {string} skillDir as Claude Code names it
 * @property {import("../../src/claude/permission-rules.mjs").How} how
 * @property {string} file the settings that are changed
 * @property {string[]} files all that hold for the user here, in which a rule may stand that wins
 * @property {boolean} dryRun
 * @property {string} [again] the options beside --revoke that take the same rules out again, each after a space
 * @property {(lines: string[]) => void} show prints at once, before anything is changed
 */

/**
 * Shows the rules and then allows them; a second time changes nothing.
 * @param {Grant} grant
 * @returns {Promise<string[]>} the lines that say what was done
 */
export async function grantRules(grant) {
  const rules = permissionRules(grant.skillDir, grant.how);
  const overriding = grant.files.flatMap((file) =>
    overridingRules(quietly(file), rules).map(
      ({ list, rule }) => `${file} has ${rule} in permissions.${list}, which wins over what is allowed here`,
    ),
  );
  const missing = missingRules(readOr(grant.file, rules), rules);
  if (missing?.length === 0)
    return [`all ${rules.length} permission rules stand in ${grant.file} already`, ...overriding];
  if (missing === undefined) throw byHand(grant.file, NOT_UNDERSTOOD, rules);
  grant.show([`${grant.dryRun ? "would allow" : "allows"} in ${grant.file}:`, ...missing.map((rule) => `  ${rule}`)]);
  if (grant.dryRun) return overriding;
  await change(grant, rules, "addRules");
  const revoke = `--revoke${grant.again ?? ""}`;
  return [`allowed ${missing.length} permission rules in ${grant.file}; ${revoke} takes them out again`, ...overriding];
}

/**
 * Takes exactly these rules out again; those that the user wrote stay.
 * @param {Grant} grant
 * @returns {Promise<string[]>}
 */
export async function revokeRules(grant) {
  const rules = permissionRules(grant.skillDir, grant.how);
  const missing = missingRules(readOr(grant.file, rules), rules);
  if (missing === undefined) throw byHand(grant.file, NOT_UNDERSTOOD, rules);
  const present = rules.filter((rule) => !missing.includes(rule));
  if (present.length === 0) return [`no permission rule of ask-codex stands in ${grant.file}`];
  grant.show([`${grant.dryRun ? "would revoke" : "revokes"} in ${grant.file}:`, ...present.map((rule) => `  ${rule}`)]);
  if (grant.dryRun) return [];
  await change(grant, rules, "removeRules");
  return [`revoked ${present.length} permission rules in ${grant.file}`];
}

/**
 * Whether some of the rules stand in a file at all, without an error for one that can't be read.
 * @param {Pick<Grant, "skillDir" | "how" | "file">} grant
 */
export function hasRules({ skillDir, how, file }) {
  const rules = permissionRules(skillDir, how);
  const missing = missingRules(quietly(file), rules);
  return missing !== undefined && missing.length < rules.length;
}

const NOT_UNDERSTOOD = "it is not plain JSON with a list of rules in permissions.allow";

/**
 * @param {Grant} grant
 * @param {string[]} rules
 * @param {"addRules" | "removeRules"} what
 */
async function change({ file, skillDir }, rules, what) {
  const edit = (await loadEditor(skillDir, file, rules))[what];
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = readOr(file, rules);
    const after = edit(before, rules);
    if (after === undefined) throw byHand(file, NOT_UNDERSTOOD, rules);
    if (writeOr(file, before, after, rules)) return;
  }
  throw byHand(file, "somebody else changes it all the time", rules);
}

/**
 * @param {string} skillDir
 * @param {string} file
 * @param {string[]} rules
 * @returns {Promise<typeof import("../../src/claude/edit-settings.mjs")>}
 */
async function loadEditor(skillDir, file, rules) {
  try {
    return await import(pathToFileURL(join(skillDir, "src", "claude", "edit-settings.mjs")).href);
  } catch {
    throw byHand(file, `the packages that edit it are not installed in ${skillDir}`, rules);
  }
}

/**
 * @param {string} file
 * @param {string[]} rules
 */
function readOr(file, rules) {
  try {
    return readSettings(file);
  } catch (error) {
    throw byHand(file, `it can't be read (${messageOf(error)})`, rules);
  }
}

/**
 * @param {string} file
 * @param {string} before
 * @param {string} after
 * @param {string[]} rules
 */
function writeOr(file, before, after, rules) {
  try {
    return writeSettings(file, before, after);
  } catch (error) {
    if (isProblem(error)) throw error;
    throw byHand(file, `it can't be written (${messageOf(error)})`, rules);
  }
}

/** @param {string} file */
function quietly(file) {
  try {
    return readSettings(file);
  } catch {
    return "";
  }
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @param {string} file
 * @param {string} why
 * @param {string[]} rules
 */
function byHand(file, why, rules) {
  const shown = rules.map((rule) => `\n  ${JSON.stringify(rule)}`).join(",");
  return problem(
    `${file} was left as it is, because ${why}; edit its permissions.allow by hand, where these are the rules:${shown}`,
  );
}
