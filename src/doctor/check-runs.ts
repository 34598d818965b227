import { existsSync } from "node:fs";
import { join } from "node:path";
import { workspaceKeyDirs } from "../broker/store/list-sessions.ts";
import { isRunId } from "../core/ids.ts";
import { mayStillStart } from "../run/read-run.ts";
import { listDir, readRequest, readStatus } from "../run/record.ts";
import { attempt } from "../sys/files.ts";
import { isAlive } from "../sys/owner.ts";
import { type Check, finding, ok } from "./check.ts";

const NAMED = 3;
const DAY_MS = 86_400_000;
/** A run that has gone on for longer is worth a look. */
const OLD_MS = 7 * DAY_MS;

/** Runs without an end: those that go on, those whose broker died, and those that can't be read. Of others nothing is read. */
export const checkRuns: Check = {
  id: "runs",
  title: "Runs",
  run({ home, now, self }) {
    const found = { live: 0, old: [] as string[], lost: [] as string[], unreadable: [] as string[] };
    let ended = 0;
    for (const dir of runDirs(home())) {
      if (existsSync(join(dir, "result.json"))) ended++;
      else put(dir, now);
    }
    const { live, old, lost, unreadable } = found;
    if (unreadable.length > 0)
      return finding("warn", `${named(unreadable)} can't be read`, `${self("codex_runs")} gc --dry-run`);
    if (lost.length > 0)
      return finding("warn", `${named(lost)} died and did not say so`, `${self("codex_runs")} list --all`);
    if (old.length > 0)
      return finding(
        "warn",
        `${named(old)} ${old.length === 1 ? "goes" : "go"} on for more than a week`,
        `${self("codex_runs")} list --all`,
      );
    return ok(`${live} under way, ${ended} ended`);

    function put(dir: string, at: Date): void {
      const id = dir.split(/[\\/]/).at(-1) ?? "";
      const state = attempt(() => stateOf(dir, at)) ?? "unreadable";
      if (state === "live") found.live++;
      else if (existsSync(dir)) found[state].push(id);
    }
  },
};

const runDirs = (home: string): string[] =>
  workspaceKeyDirs(home).flatMap((key) =>
    listDir(join(key, "runs"))
      .filter(isRunId)
      .map((id) => join(key, "runs", id)),
  );

function stateOf(dir: string, now: Date): "live" | "old" | "lost" {
  const { starter, createdAt } = readRequest(dir);
  const { owner } = readStatus(dir);
  const lives = owner ? isAlive(owner) : mayStillStart(starter, join(dir, "status.json"));
  if (!lives) return "lost";
  return now.getTime() - Date.parse(createdAt) > OLD_MS ? "old" : "live";
}

const named = (ids: readonly string[]): string =>
  ids.length === 1
    ? `the run ${ids[0]}`
    : `${ids.length} runs (${ids.slice(0, NAMED).join(", ")}${ids.length > NAMED ? ", …" : ""})`;
