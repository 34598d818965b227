import { access, constants, readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { errorCode } from "../core/errors.ts";
import type { EntryFile } from "../core/packet.ts";

const GUIDES = ["AGENTS.md", "CLAUDE.md"] as const;
const MAX_COUNTED_BYTES = 2 * 1024 * 1024;

/** One entry file as it was found, at the moment the prompt was built. */
export interface FileFact {
  /** Relative to the workspace with forward slashes where it lies inside, else absolute. */
  path: string;
  from?: number | undefined;
  to?: number | undefined;
  kind: "file" | "directory" | "missing" | "unreadable";
  outside: boolean;
  /** Absent: too big to count, binary, or not a file. */
  lines?: number;
  /** The caller asked for lines after the last one. */
  beyondEnd: boolean;
}

/** What a prompt says about the place where the work is done. */
export interface WorkspaceFacts {
  path: string;
  git: boolean;
  /** Guide files in the workspace root, each once even where one is a link to the other. */
  guides: readonly string[];
  files: readonly FileFact[];
}

/**
 * Looks at the workspace and the entry files without starting a process, and never fails for a file: what can't be
 * found or read is a fact for the prompt. `workspace` must be a real path.
 */
export async function readWorkspaceFacts(input: {
  workspace: string;
  callerDir: string;
  git: boolean;
  files: readonly EntryFile[];
}): Promise<WorkspaceFacts> {
  const { workspace, git } = input;
  const callerDir = await realpath(input.callerDir).catch(() => input.callerDir);
  const files: FileFact[] = [];
  for (const file of input.files) files.push(await readFileFact(file, workspace, callerDir));
  return { path: workspace, git, guides: await findGuides(workspace), files };
}

async function readFileFact(file: EntryFile, workspace: string, callerDir: string): Promise<FileFact> {
  const { path, kind, size } = await locate(file.path, workspace, callerDir);
  const inside = insidePath(workspace, path) ?? insidePath(workspace, await realpath(path).catch(() => path));
  const lines = kind === "file" && size <= MAX_COUNTED_BYTES ? await countLines(path) : undefined;
  return {
    path: inside ?? path,
    ...(file.from === undefined ? {} : { from: file.from }),
    ...(file.to === undefined ? {} : { to: file.to }),
    kind,
    outside: inside === undefined,
    ...(lines === undefined ? {} : { lines }),
    beyondEnd: lines !== undefined && (file.to ?? file.from ?? 0) > lines,
  };
}

/** The caller's directory is tried before the workspace; what is in neither keeps a place inside the workspace if it can. */
async function locate(path: string, workspace: string, callerDir: string): Promise<Found> {
  if (isAbsolute(path)) return look(resolve(path));
  const near = await look(resolve(callerDir, path));
  if (near.kind !== "missing") return near;
  const rooted = await look(resolve(workspace, path));
  return rooted.kind === "missing" && insidePath(workspace, near.path) !== undefined ? near : rooted;
}

interface Found {
  path: string;
  kind: FileFact["kind"];
  size: number;
}

async function look(path: string): Promise<Found> {
  try {
    const stats = await stat(path);
    await access(path, constants.R_OK);
    const kind = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "unreadable";
    return { path, kind, size: stats.size };
  } catch (error) {
    const code = errorCode(error);
    return { path, kind: code === "ENOENT" || code === "ENOTDIR" ? "missing" : "unreadable", size: 0 };
  }
}

/** `undefined` when the path is not in the workspace; the workspace itself is ".". */
function insidePath(workspace: string, path: string): string | undefined {
  const rest = relative(workspace, path);
  if (rest === "") return ".";
  if (rest === ".." || rest.startsWith(`..${sep}`) || isAbsolute(rest)) return undefined;
  return rest.split(sep).join("/");
}

/** Lines as an editor counts them; `undefined` for what has none (binary) or went away meanwhile. */
async function countLines(path: string): Promise<number | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined || bytes.includes(0)) return undefined;
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
  return bytes.length > 0 && bytes[bytes.length - 1] !== 10 ? lines + 1 : lines;
}

async function findGuides(workspace: string): Promise<string[]> {
  const seen = new Map<string, string>();
  for (const name of GUIDES) {
    const path = join(workspace, name);
    if ((await look(path)).kind !== "file") continue;
    const real = await realpath(path).catch(() => path);
    if (!seen.has(real)) seen.set(real, name);
  }
  return [...seen.values()];
}
