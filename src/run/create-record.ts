import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunStatus } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import { makeNewDir, makePrivateDir, writeNew, writeWhole } from "../sys/files.ts";
import { runDir, sessionsDir, temporaryDir, workspaceDir } from "../sys/paths.ts";

/**
 * Makes the folder of a run with everything the broker needs, and checks every directory that it will write to, before
 * anything is started. On failure no record is left.
 */
export function createRecord(home: string, request: RunRequest): string {
  const dir = runDir(home, request.workspace, request.runId);
  for (const parent of [
    home,
    dirname(workspaceDir(home, request.workspace)),
    workspaceDir(home, request.workspace),
    dirname(dir),
    sessionsDir(home, request.workspace),
    dirname(temporaryDir(home, request.runId)),
    // A named pipe lies in no directory.
    ...(process.platform === "win32" ? [] : [dirname(request.socket)]),
  ]) {
    makePrivateDir(parent);
  }
  makeNewDir(dir);
  try {
    writeNew(join(dir, "task.md"), `${request.packet.goal}\n`);
    writeNew(join(dir, "prompt.md"), `${request.prompt}\n`);
    // Made here for its mode: the shell that starts the broker would let others read it.
    writeNew(join(dir, "broker.log"), "");
    writeStatus(dir, { version: 1, runId: request.runId, state: "queued", updatedAt: request.createdAt });
    writeNew(join(dir, "request.json"), toJson(request));
    return dir;
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

export const writeStatus = (dir: string, status: RunStatus): void =>
  writeWhole(join(dir, "status.json"), toJson(status));

export const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
