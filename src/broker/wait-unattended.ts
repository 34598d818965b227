import { createServer, type Server } from "node:net";
import { bindSocket } from "../sys/bind-socket.ts";
import { createStartWait, type StartRules, type StartWait } from "./wait-for-start.ts";

export interface Unattended {
  wait: StartWait;
  /** `called`: the whole broker is needed before the run may begin. */
  how: "begun" | "called" | "removed";
  /** Whether somebody wanted the end of it before there was a session to end. */
  isStopped: () => boolean;
}

/**
 * Waits for the start of a run as lightly as can be, until somebody calls at the broker's socket: a caller is sent away
 * at once, as by a broker that is only coming up, and finds the whole broker when it comes again.
 */
export async function waitUnattended(about: {
  home: string;
  dir: string;
  socket: string;
  rules: StartRules;
}): Promise<Unattended> {
  const { home, dir, socket, rules } = about;
  const wait = createStartWait(home, dir, rules);
  const waking = new AbortController();
  let stopped = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      stopped = true;
      waking.abort();
    });
  process.on("SIGHUP", () => {});
  const server = createServer((client) => {
    client.destroy();
    waking.abort();
  });
  server.on("error", () => {});
  // Where this door can't be opened, the whole broker says why.
  const leave = await bindSocket(server, socket).catch(() => waking.abort());
  try {
    const how = await wait.until(waking.signal, () => {});
    return { wait, how: how === "aborted" ? "called" : how, isStopped: () => stopped };
  } catch {
    // What can't be written is met again, and said, by whoever can end the run with a receipt.
    return { wait, how: "called", isStopped: () => stopped };
  } finally {
    leave?.();
    await closeServer(server);
  }
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((closed) => {
    if (server.listening) server.close(() => closed());
    else closed();
  });
