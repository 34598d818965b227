// Changes the rules in a settings file of Claude Code and no other byte of it. The installer loads this from the
// installed skill, whose packages are there by then. jsonc-parser says where things are; its own edits would lay out anew
// the lists that they touch.
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { listOf, missingRules } from "./permission-rules.mjs";

/** @typedef {import("jsonc-parser").Node} Node */

const MARK = "\uFEFF";

/**
 * The text with the rules that it did not allow yet at the end of its list; undefined where it is no settings file that
 * we understand, which is then not to be touched.
 * @param {string} text
 * @param {readonly string[]} rules
 * @returns {string | undefined}
 */
export function addRules(text, rules) {
  const missing = missingRules(text, rules);
  if (missing === undefined || missing.length === 0) return missing && text;
  const body = bodyOf(text);
  const written = missing.map((rule) => JSON.stringify(rule));
  const added = (text.startsWith(MARK) ? MARK : "") + withRules(body, written);
  // A key that stands there twice is read one way by Claude Code and another by us: rather nothing than a guess.
  return missingRules(added, rules)?.length === 0 ? added : undefined;
}

/**
 * The text without these rules; a list that is empty then stays, since it may have been there before.
 * @param {string} text
 * @param {readonly string[]} rules
 * @returns {string | undefined} as above
 */
export function removeRules(text, rules) {
  const allowed = listOf(text, "allow");
  if (allowed === undefined || !allowed.some((rule) => rules.includes(rule))) return allowed && text;
  let body = bodyOf(text);
  // From the end, so that the places before stay what they are.
  for (const [index, rule] of [...allowed.entries()].reverse())
    if (rules.includes(rule)) body = withoutItem(body, find(body, ["permissions", "allow"]), index);
  const removed = (text.startsWith(MARK) ? MARK : "") + body;
  return listOf(removed, "allow")?.some((rule) => rules.includes(rule)) === false ? removed : undefined;
}

/** @param {string} text */
const bodyOf = (text) => (text.startsWith(MARK) ? text.slice(1) : text);

/**
 * @param {string} body
 * @param {string[]} path
 */
function find(body, path) {
  const root = parseTree(body);
  return root && findNodeAtLocation(root, path);
}

/**
 * @param {string} body
 * @param {string[]} written the rules as JSON
 * @returns {string}
 */
function withRules(body, written) {
  if (body.trim() === "") return withRules("{\n}\n", written);
  const [root, permissions, allow] = [
    find(body, []),
    find(body, ["permissions"]),
    find(body, ["permissions", "allow"]),
  ];
  if (allow) return insert(body, allow, written);
  // One level after the other: what is new is empty at first, and takes its layout from where it stands.
  if (permissions) return withRules(insert(body, permissions, ['"allow": []']), written);
  return root ? withRules(insert(body, root, ['"permissions": {}']), written) : body;
}

/**
 * Puts items behind those that an object or a list has, laid out as its last one is.
 * @param {string} body
 * @param {Node} node
 * @param {string[]} items
 */
function insert(body, node, items) {
  const [last, before] = [...(node.children ?? [])].reverse();
  if (last !== undefined) {
    const from = before === undefined ? node.offset + 1 : endOf(before);
    const space = before === undefined && body.includes("\n") ? " " : "";
    const gap = body.slice(from, last.offset).replace(",", "") || space;
    return splice(body, endOf(last), endOf(last), items.map((item) => `,${gap}${item}`).join(""));
  }
  const [open, close] = [node.offset + 1, endOf(node) - 1];
  if (!body.includes("\n")) return splice(body, open, close, items.join(", "));
  const eol = body.includes("\r\n") ? "\r\n" : "\n";
  const [unit = "  "] = /(?<=^)[ \t]+(?=\S)/m.exec(body) ?? [];
  const line = body.slice(body.lastIndexOf("\n", node.offset) + 1, node.offset);
  const [base = ""] = /^[ \t]*/.exec(line) ?? [];
  const lines = items.map((item) => `${eol}${base}${unit}${item}`).join(",");
  return splice(body, open, close, `${lines}${eol}${base}`);
}

/**
 * @param {string} body
 * @param {Node | undefined} list
 * @param {number} index
 */
function withoutItem(body, list, index) {
  const { [index - 1]: before, [index]: item, [index + 1]: after } = list?.children ?? [];
  if (!list || !item) return body;
  if (before) return splice(body, endOf(before), endOf(item), "");
  if (after) return splice(body, item.offset, after.offset, "");
  return splice(body, list.offset + 1, endOf(list) - 1, "");
}

/** @param {Node} node */
const endOf = (node) => node.offset + node.length;

/**
 * @param {string} text
 * @param {number} from
 * @param {number} to
 * @param {string} by
 */
const splice = (text, from, to, by) => text.slice(0, from) + by + text.slice(to);
