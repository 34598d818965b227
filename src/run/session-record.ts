import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { SessionRecord } from "../core/record.ts";
import { makePrivateDir, writeWhole } from "../sys/files.ts";
import { sessionsDir } from "../sys/paths.ts";
import { toJson } from "./create-record.ts";
import { listDir, parseFile } from "./record.ts";

export function writeSession(home: string, session: SessionRecord): void {
  const dir = sessionsDir(home, session.workspace);
  makePrivateDir(dir);
  writeWhole(join(dir, `${session.broker_id}.json`), toJson(session));
}

export function readSession(home: string, workspace: string, brokerId: string): SessionRecord | undefined {
  const path = join(sessionsDir(home, workspace), `${brokerId}.json`);
  return existsSync(path) ? parseFile(path, SessionRecord) : undefined;
}

/** The session that a broker id, a Codex thread id or a run id names; undefined when no record of ours knows it. */
export function findSession(home: string, id: string): SessionRecord | undefined {
  const root = join(home, "workspaces");
  const paths = listDir(root).flatMap((workspace) => {
    const dir = join(root, workspace, "sessions");
    return listDir(dir)
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(dir, name));
  });
  const direct = paths.find((path) => basename(path) === `${id}.json`);
  if (direct) return parseFile(direct, SessionRecord);
  for (const path of paths) {
    const session = readQuietly(path);
    if (session && (session.broker_id === id || session.session_id === id || session.runs.includes(id))) return session;
  }
  return undefined;
}

/** While looking for one session another's broken file is no reason to stop. */
function readQuietly(path: string): SessionRecord | undefined {
  try {
    return parseFile(path, SessionRecord);
  } catch {
    return undefined;
  }
}
