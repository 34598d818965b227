import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunStatus } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { RunRequest } from "../core/request.ts";
import { makeNewDir, makePrivateDir, writeNew, writeWhole } from "../sys/files.ts";
import { inboxDir, runDir, sessionsDir, temporaryDir, workspaceDir } from "../sys/paths.ts";
import { PLATFORM } from "../sys/platform.ts";

/**
 * Makes the folder of a run with everything the broker needs, and checks every directory that it will write to, before
 * anything is started. On failure no record is left.
 */
export function createRecord(home: string, request: RunRequest): string {
  const dir = runDir(home, request.workspace, request.runId);
  makeParents(home, { ...request, id: request.runId });
  makeNewDir(dir);
  try {
    writeNew(join(dir, "task.md"), `${request.packet.goal}\n`);
    writeNew(join(dir, "prompt.md"), `${request.prompt}\n`);
    // Made here for its mode: the shell that starts the broker would let others read it.
    writeNew(join(dir, "broker.log"), "");
    // What lies in nobody's inbox need not be read to know that.
    if (request.background) makePrivateDir(inboxDir(dir));
    writeStatus(dir, { version: 1, runId: request.runId, state: "queued", updatedAt: request.createdAt });
    const { key } = request;
    writeNew(join(dir, "request.json"), toJson({ ...request, ...(key === undefined ? {} : { key: redact(key) }) }));
    return dir;
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Makes and checks every directory that a broker will make something in, by the id of a run or a session. */
export function makeParents(home: string, { workspace, socket, id }: Place): void {
  for (const parent of [
    home,
    dirname(workspaceDir(home, workspace)),
    workspaceDir(home, workspace),
    dirname(runDir(home, workspace, id)),
    sessionsDir(home, workspace),
    dirname(temporaryDir(home, id)),
    // A named pipe lies in no directory.
    ...(PLATFORM === "win32" ? [] : [dirname(socket)]),
  ]) {
    makePrivateDir(parent);
  }
}

interface Place {
  workspace: string;
  socket: string;
  id: string;
}

export const writeStatus = (dir: string, status: RunStatus): void =>
  writeWhole(join(dir, "status.json"), toJson(status));

export const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
