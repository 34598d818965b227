import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { effective, type Layer } from "../../packet/effective.ts";
import { locate } from "./locate.ts";
import { adoptThread, type FoundSession, resolveSession, resolveTask } from "./resolve-session.ts";

/** The session that a call goes on with, by its id or by its task; undefined for a new one. */
export async function findNamedSession(
  home: string,
  id: string | undefined,
  said: readonly Layer[],
  io: Io,
): Promise<FoundSession | undefined> {
  const { taskId, workspace } = effective(said).values;
  if (id === undefined && taskId === undefined) return undefined;
  if (id === undefined) return resolveTask(home, locate(workspace, io.cwd).workspace, taskId ?? "");
  if (taskId !== undefined)
    throw usageError(`--session and the task id ${taskId} both name a session`, "give one of them");
  return (await resolveSession(home, id)) ?? adoptThread(id, locate(workspace, io.cwd).workspace, io.env);
}
