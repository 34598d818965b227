import { readdirSync } from "node:fs";
import type { Screen } from "./screen.ts";

/** What each file of a record is for, in the order in which a reader asks. */
const FILES: Readonly<Record<string, string>> = {
  "result.json": "the receipt: verdict and evidence, for programs; written last",
  "result.md": "the answer, whole",
  "verification.json": "what our own run of the checks said",
  verify: "the whole output of each check",
  "policy.json": "what the run was allowed, and what it changed",
  "changes.patch": "the change, for git apply",
  "pre-status.txt": "the work tree before, and in three more files after and as a diffstat",
  "prompt.md": "the prompt, exactly as Codex got it",
  "task.md": "the goal, as it was given",
  "request.json": "all that was asked for: power, limits, engine",
  "status.json": "the state while the run lives",
  "events.jsonl": "every step as it happened; tail -f works",
  "raw.jsonl": "Codex's own protocol, for bug reports",
  "stderr.log": "what Codex said on stderr",
  "broker.log": "what the broker said; empty unless it failed",
  tree: "git's objects of the work tree before and after",
  "evidence.json": "what the verdict was decided from",
  "check-home": "an empty home for the Codex that runs the checks",
};

/** Pictures that the line of the first of them names. */
const TOLD_TOGETHER = new Set(["post-status.txt", "pre-diff-stat.txt", "post-diff-stat.txt"]);

/** Lists what a run left, each thing with a word on what it is. */
export function showPlaces(screen: Screen, places: { record: string; answer: string; processes: string }): void {
  const { paint, line } = screen;
  const row = (name: string, what: string) => line(`  ${paint.bold(name.padEnd(17))} ${what}`);
  line(`${paint.dim("answer")}  ${places.answer}`);
  line(`${paint.dim("record")}  ${places.record}`);
  const names = readdirSync(places.record).sort((a, b) => rank(a) - rank(b));
  for (const name of names.filter((one) => !TOLD_TOGETHER.has(one))) row(name, paint.dim(FILES[name] ?? ""));
  line(`${paint.dim("processes of the run that are left")}  ${places.processes}`);
}

function rank(name: string): number {
  const at = Object.keys(FILES).indexOf(name);
  return at < 0 ? Number.MAX_SAFE_INTEGER : at;
}
