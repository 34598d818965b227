import type { ChalkInstance } from "chalk";

/** A line of what ask_codex prints: progress pale, names pale, the verdict and the markers to be seen first. */
export function paintRun(paint: ChalkInstance, text: string, from: "stdout" | "stderr"): string {
  if (from === "stderr") return paint.dim(text);
  const [, name, value] = /^([a-z_]+=)(.*)$/.exec(text) ?? [];
  if (name === "verdict=") return paint.dim(name) + (value === "done" ? paint.green : paint.red).bold(value);
  if (name !== undefined) return paint.dim(name) + value;
  return /^\[[A-Z_]+\]/.test(text) ? paint.cyan(text) : text;
}

/** A line of the test report or of a diff; what stands indented in the report is told by its signs alone. */
export function paintCheck(paint: ChalkInstance, text: string): string {
  if (/^(✔|\+(?!\+\+))/.test(text)) return paint.green(text);
  if (/^(✖|-(?!--))/.test(text)) return paint.red(text);
  return text;
}
