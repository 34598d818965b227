import { shownPath } from "./shown-path.ts";
import type { FileFact } from "./workspace-facts.ts";

/** The entry files as they were found, one a line: by path, never with their contents. */
export function entryLines(files: readonly FileFact[]): string[] {
  const lines = files.map((file) => `- ${shownPath(file.path)}${range(file)}${notes(file)}`);
  if (files.some((file) => file.kind === "missing")) lines.push("If a missing one should have been there, say so.");
  return lines;
}

function range({ from, to }: FileFact): string {
  if (from === undefined) return "";
  return to === undefined || to === from ? `:${from}` : `:${from}-${to}`;
}

function notes(file: FileFact): string {
  const notes = [
    ...(file.kind === "file" ? [] : [file.kind]),
    ...(file.outside ? ["outside the workspace"] : []),
    ...(file.lines === undefined ? [] : [lineNote(file, file.lines)]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}

function lineNote(file: FileFact, lines: number): string {
  const count = lines === 1 ? "1 line" : `${lines} lines`;
  return file.beyondEnd ? `the file has only ${count}` : file.from === undefined ? count : `of ${count}`;
}
