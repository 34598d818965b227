import { messageOf } from "../core/errors.ts";
import { hideValuesOf } from "../core/redact.ts";
import type { PipedProcess } from "../sys/spawn.ts";
import { equipRun, equipSession } from "./equipment.ts";
import { type BrokerServer, listen } from "./listen.ts";
import { takeSeat } from "./seat.ts";
import { createSession } from "./session.ts";
import type { Unattended } from "./wait-unattended.ts";

const RECORD_CHECK_MS = 2_000;

export interface ServeOptions {
  dir: string;
  env: NodeJS.ProcessEnv;
  codexEnv: NodeJS.ProcessEnv;
  started: PipedProcess | undefined;
  /** How the run has waited for its start so far. */
  waited?: Unattended | undefined;
}

/** The broker of a run or of a session: carries it out, serves whoever is attached, writes the record, and is gone. */
export async function serve({ dir, env, codexEnv, started, waited }: ServeOptions): Promise<void> {
  hideValuesOf(env);
  const seat = takeSeat(dir);
  const about = { home: seat.home, codexEnv, started, onProcess: seat.noteCodex };
  const equipment = seat.live ? equipSession(about) : equipRun(about);
  let server: BrokerServer | undefined;
  const tell = (method: string, params: object) => server?.tell(method, params);
  const session = createSession({ seat, equipment, env, tell, wait: waited?.wait });
  const stop = () => session.end("stopped", "the broker was asked to stop");
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  if (waited?.isStopped()) stop();
  process.on("SIGHUP", () => {});
  const recordCheck = setInterval(() => {
    if (seat.gone()) session.end("failed", "its record was removed");
  }, RECORD_CHECK_MS);
  try {
    server = await listen(seat.socket, { token: seat.token, door: session.door });
  } catch (error) {
    session.end("failed", `nobody could be let in: ${messageOf(error)}`);
  }
  try {
    await session.done;
  } finally {
    clearInterval(recordCheck);
    await server?.close();
  }
}
