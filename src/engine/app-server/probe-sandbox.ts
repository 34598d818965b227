import * as z from "zod";
import { type Connection, RpcError } from "../../rpc/connection.ts";
import { DOES_NOTHING, sandboxError } from "../sandbox-error.ts";

const Executed = z.looseObject({ exitCode: z.int(), stderr: z.string() });

/** Whether this Codex knows permission profiles: it is asked for their list, which starts nothing. */
export async function knowsProfiles(connection: Connection): Promise<boolean> {
  try {
    await connection.request("permissionProfile/list", {});
    return true;
  } catch (error) {
    if (error instanceof RpcError) return false;
    throw error;
  }
}

/**
 * Makes sure before the turn that Codex's sandbox can start here: a command that does nothing is run in it. Where it
 * can't (no user namespaces, a container that forbids them), every command of the turn would fail one by one, and a
 * model would report that as its result. Rejects with `fatal`.
 */
export async function probeSandbox(connection: Connection, cwd: string): Promise<void> {
  let answer: unknown;
  try {
    answer = await connection.request("command/exec", {
      command: DOES_NOTHING,
      cwd,
      sandboxPolicy: { type: "readOnly" },
    });
  } catch (error) {
    // An older app-server has no such method; then the first command of the turn tells.
    if (error instanceof RpcError) return;
    throw error;
  }
  const done = Executed.safeParse(answer).data;
  if (done && done.exitCode !== 0) throw sandboxError(done.stderr);
}
