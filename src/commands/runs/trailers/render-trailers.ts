import { oneLine } from "../../../core/one-line.ts";
import type { Receipt } from "../../../core/record.ts";
import { type PathKey, textOf } from "../../../policy/trees/path-key.ts";
import { oneLinePath } from "../../render-receipt.ts";
import type { Authors } from "./judge-authors.ts";

const CLAUDE = "Co-authored-by: Claude <noreply@anthropic.com>";
const MAX_NAMED = 30;

export type Judged = ReadonlyMap<PathKey, Authors>;

/** The trailers of a commit of these files; each run of Codex that has a part in it is named. */
export function trailersOf(files: Judged, receipts: ReadonlyMap<string, Receipt>): string[] {
  const authors = [...files.values()];
  const runs = [...receipts.keys()].filter((runId) => authors.some((one) => one.runs.includes(runId)));
  const codex = runs.flatMap((runId) => {
    const receipt = receipts.get(runId);
    return receipt ? [codexTrailer(receipt)] : [];
  });
  return [
    ...new Set(codex),
    ...(authors.some((one) => one.other) ? [CLAUDE] : []),
    ...runs.map((runId) => `Ask-Codex-Run: ${runId}`),
  ];
}

/** What is not known is left out. */
function codexTrailer({ model, reasoning, engine }: Receipt): string {
  const version = engine.codex_version?.replace(/^codex-cli\s+/, "");
  const about = [model, reasoning, version === undefined ? null : `codex-cli ${version}`].flatMap((part) =>
    part === null ? [] : [oneLine(part).replaceAll(/[<>()]/g, "")],
  );
  return `Co-authored-by: Codex${about.length > 0 ? ` (${about.join(", ")})` : ""} <noreply@openai.com>`;
}

/** `# src/a.ts: Codex`: a comment for git, a line each. */
export function fileLines(files: Judged): string[] {
  const lines = [...files].map(
    ([path, authors]) => `# ${oneLinePath(textOf(path))}: ${namesOf(authors).join(" and ")}`,
  );
  const left = lines.length - MAX_NAMED;
  return left > 0 ? [...lines.slice(0, MAX_NAMED), `# … and ${left} more; --json names all of them`] : lines;
}

export const namesOf = ({ runs, other }: Authors): ("Codex" | "Claude")[] => [
  ...(runs.length > 0 ? ["Codex" as const] : []),
  ...(other ? ["Claude" as const] : []),
];
