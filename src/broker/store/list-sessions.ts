import { join } from "node:path";
import * as z from "zod";
import { isBrokerId, isRunId } from "../../core/ids.ts";
import { listDir } from "../../run/record.ts";
import { attempt, readIfThere } from "../../sys/files.ts";
import type { SessionRef } from "./broker-record.ts";

export function workspaceKeyDirs(home: string): string[] {
  const root = join(home, "workspaces");
  return listDir(root).map((name) => join(root, name));
}

/** Every session of a state home, or of one workspace in it, by the names of its files alone. */
export function listSessionRefs(home: string, workspaceKeyDir?: string): SessionRef[] {
  const dirs = workspaceKeyDir === undefined ? workspaceKeyDirs(home) : [workspaceKeyDir];
  return dirs.flatMap((dir) => {
    const names = listDir(join(dir, "sessions")).map((name) => name.replace(/\.json$/, ""));
    return [...new Set(names)].filter(isBrokerId).map((brokerId) => ({ home, workspaceKeyDir: dir, brokerId }));
  });
}

export const runDirOf = ({ workspaceKeyDir }: Pick<SessionRef, "workspaceKeyDir">, runId: string): string =>
  join(workspaceKeyDir, "runs", runId);

/** The runs of a workspace, the newest first. */
export const listRuns = (workspaceKeyDir: string): string[] =>
  listDir(join(workspaceKeyDir, "runs")).filter(isRunId).sort().reverse();

const Named = z.looseObject({ brokerId: z.string() });

/** The broker that a run was given to, where its request can be read. */
export const brokerOfRun = (runDir: string): string | undefined =>
  attempt(() => Named.parse(JSON.parse(readIfThere(join(runDir, "request.json")) ?? "")).brokerId);

/** The run of a session that has no thread yet: only the run itself knows of it, and was asked for in the same second. */
export function runOfBroker(ref: SessionRef): string | undefined {
  const all = listRuns(ref.workspaceKeyDir);
  const second = `r${ref.brokerId.slice(1, -"-abcd".length)}-`;
  const likely = all.filter((runId) => runId.startsWith(second));
  return [...likely, ...all].find((runId) => brokerOfRun(runDirOf(ref, runId)) === ref.brokerId);
}
