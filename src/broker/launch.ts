import { join } from "node:path";
import { AskCodexError, messageOf } from "../core/errors.ts";
import { spawnDetached } from "../sys/spawn.ts";

/** Starts the broker of a run whose record is written, so that it outlives whoever starts it. Resolves with its process id. */
export async function launchBroker(options: {
  program: readonly string[];
  dir: string;
  env: NodeJS.ProcessEnv;
}): Promise<number> {
  try {
    return await spawnDetached({
      command: process.execPath,
      args: [...options.program, options.dir],
      // Its own folder: a broker must not hold a directory that somebody wants to remove or unmount.
      cwd: options.dir,
      env: options.env,
      logPath: join(options.dir, "broker.log"),
    });
  } catch (error) {
    throw new AskCodexError("fatal", `the broker can't be started: ${messageOf(error)}`, { cause: error });
  }
}
