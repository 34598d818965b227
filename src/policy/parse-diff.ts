import type { ChangedFile } from "../core/record.ts";

const WORDS: Record<string, ChangedFile["change"]> = {
  A: "created",
  D: "deleted",
  M: "modified",
  T: "modified",
  C: "created",
};

/** Reads `git diff-tree -r -z -M --raw`: `:mode mode sha sha S[score] NUL path NUL [path NUL]`, in path order. */
export function parseRawDiff(text: string): ChangedFile[] {
  const fields = text.split("\0");
  const changed: ChangedFile[] = [];
  for (let at = 0; at < fields.length; ) {
    const meta = /^:\d+ \d+ \S+ \S+ ([A-Z])\d*$/.exec(fields[at++] ?? "");
    const path = meta ? fields[at++] : undefined;
    if (!meta || path === undefined) continue;
    const letter = meta[1] ?? "M";
    if (letter === "R") changed.push({ path: fields[at++] ?? path, change: "renamed", from: path });
    else if (letter === "C") changed.push({ path: fields[at++] ?? path, change: "created" });
    else changed.push({ path, change: WORDS[letter] ?? "modified" });
  }
  return changed.sort((one, two) => (one.path < two.path ? -1 : 1));
}
