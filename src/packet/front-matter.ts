import { messageOf } from "../core/errors.ts";
import { fault, quoted } from "./fault.ts";

/** More than any front matter needs; what is longer was not written as one. */
const MAX_CHARS = 64 * 1024;
const QUOTES = "put a value with a special character (: # * & [ { ` ! @) in quotes";

/** Front matter as it was parsed, nothing of it checked yet but that it is data. */
export interface FrontMatter {
  data: Readonly<Record<string, unknown>>;
  /** The line a key stands in, or a key below it. */
  lineOf: (key: string, inner?: string) => number;
  /** What stands behind a key in its own line, comments included. */
  sourceOf: (key: string) => string;
  /** The line of the closing `---`. */
  lastLine: number;
  body: string;
}

/** Whether a text begins as front matter does. */
export const hasFrontMatter = (text: string): boolean => /^---(?!-)/.test(text);

/**
 * Reads YAML front matter as data. gray-matter by itself would run `---js` as code, and a few aliases can stand for
 * gigabytes: only plain YAML without anchors passes, and nothing in it is ever executed.
 */
export async function readFrontMatter(text: string, path: string): Promise<FrontMatter> {
  const { block, body, lastLine } = cut(text, path);
  const data = (await parseYaml(block, path)) ?? {};
  if (!isRecord(data)) throw fault(path, 2, "the front matter is no list of keys", "write one `key: value` a line");
  return {
    data,
    body,
    lastLine,
    lineOf: (key, inner) => find(block, key, inner).line,
    sourceOf: (key) => find(block, key).rest,
  };
}

const isRecord = (data: unknown): data is Record<string, unknown> =>
  typeof data === "object" && data !== null && !Array.isArray(data);

/** The block between the delimiters is found here, so that lines are known and gray-matter can't end it elsewhere. */
function cut(text: string, path: string): { block: string[]; body: string; lastLine: number } {
  const lines = text.split(/\r?\n/);
  const language = (lines[0] ?? "").slice(3).trim();
  if (language !== "" && !/^ya?ml$/i.test(language))
    throw fault(path, 1, `front matter in ${quoted(language)} is refused, because it could run code`, "write YAML");
  const end = lines.findIndex((line, at) => at > 0 && line.startsWith("---"));
  if (end < 0) throw fault(path, 1, "the front matter is never closed", "close it with a line that is only ---");
  if (!/^---\s*$/.test(lines[end] ?? ""))
    throw fault(path, end + 1, "a line in the front matter begins with ---", "close it with a line that is only ---");
  const block = lines.slice(1, end);
  if (block.join("\n").length > MAX_CHARS)
    throw fault(path, 1, `the front matter is longer than ${MAX_CHARS} characters`, "move the text below it");
  return { block, body: lines.slice(end + 1).join("\n"), lastLine: end + 1 };
}

async function parseYaml(block: readonly string[], path: string): Promise<unknown> {
  // Loaded only here: most runs have no front matter.
  const { default: matter } = await import("gray-matter");
  const refuse = () => {
    throw new Error("only YAML is read");
  };
  const engines = { js: refuse, javascript: refuse, json: refuse, toml: refuse, coffee: refuse, cson: refuse };
  try {
    const options = { language: "yaml", engines, listener: refuseAnchors };
    return matter(`---\n${block.join("\n")}\n---\n`, options).data;
  } catch (error) {
    throw fault(path, lineOfYamlError(error) ?? 2, `the front matter is no YAML (${reasonOf(error)})`, QUOTES);
  }
}

/** js-yaml tells of each node before it reads it; an anchor that is known by then could be used by an alias. */
function refuseAnchors(_event: string, state: { anchorMap: object; line: number }): void {
  if (Object.keys(state.anchorMap).length === 0) return;
  throw Object.assign(new Error("anchors and aliases are not read"), { mark: { line: state.line } });
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && "reason" in error ? String(error.reason) : (messageOf(error).split("\n")[0] ?? "");

function lineOfYamlError(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("mark" in error)) return undefined;
  const { mark } = error;
  if (typeof mark !== "object" || mark === null || !("line" in mark)) return undefined;
  return typeof mark.line === "number" ? mark.line + 1 : undefined;
}

/** The keys of a block mapping begin their lines; a mapping in braces has all of its keys in its first one. */
function find(block: readonly string[], key: string, inner?: string): { line: number; rest: string } {
  const at = block.findIndex((line) => keyIn(line)?.key === key);
  if (at < 0) return { line: 2, rest: "" };
  const below =
    inner === undefined ? -1 : block.findIndex((line, i) => i > at && keyIn(line.trimStart())?.key === inner);
  return { line: (below < 0 ? at : below) + 2, rest: keyIn(block[at] ?? "")?.rest ?? "" };
}

function keyIn(line: string): { key: string; rest: string } | undefined {
  const found = /^(?:"([^"]*)"\s*|'([^']*)'\s*|([^\s"'#-][^:]*)):(?:\s+(.*))?$/.exec(line);
  const key = found?.[1] ?? found?.[2] ?? found?.[3]?.trimEnd();
  return key === undefined ? undefined : { key, rest: found?.[4] ?? "" };
}
