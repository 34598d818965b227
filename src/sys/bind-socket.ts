import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, lstatSync, renameSync, rmSync } from "node:fs";
import { createConnection, type Server } from "node:net";
import { dirname, join } from "node:path";
import { AskCodexError, errorCode } from "../core/errors.ts";
import { fileError, makePrivateDir } from "./files.ts";
import { PLATFORM } from "./platform.ts";

/**
 * Lets a server listen at `path`, in a folder that only its user can enter, and resolves with what takes that name away
 * again, if it is still ours. A socket that nobody listens on is replaced, a living one never: the server is bound under
 * a name of its own and then linked, which fails for the second of two. Node removes the name that it bound when the
 * server closes, whoever has it by then; so it must not be `path`.
 */
export async function bindSocket(server: Server, path: string, platform = PLATFORM): Promise<() => void> {
  if (platform === "win32") {
    await bind(server, path);
    return () => {};
  }
  makePrivateDir(dirname(path));
  const staged = join(dirname(path), `.${randomBytes(4).toString("hex")}`);
  await bind(server, staged);
  try {
    chmodSync(staged, 0o600);
    const own = lstatSync(staged);
    while (!take(staged, path)) await clear(path);
    return () => {
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === own.ino) rmSync(path, { force: true });
    };
  } catch (error) {
    server.close();
    throw error instanceof AskCodexError ? error : fileError("listen on", path, error);
  } finally {
    rmSync(staged, { force: true });
  }
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(errorCode(error) === "EADDRINUSE" ? inUse(path) : fileError("listen on", path, error));
    server.once("error", failed);
    server.listen(path, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

function take(staged: string, path: string): boolean {
  try {
    linkSync(staged, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    // A file system without links; nobody listened there a moment ago.
    if (!/^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/.test(errorCode(error) ?? "")) throw error;
    if (lstatSync(path, { throwIfNoEntry: false })) return false;
    renameSync(staged, path);
    return true;
  }
}

/** Takes away a socket that nobody listens on; only the one that was asked, should another have come meanwhile. */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (found.isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" });
  if (await isListening(path)) throw inUse(path);
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === found.ino) rmSync(path, { force: true });
}

/** What is no socket, or has no listener, is refused; a listener that is too busy to take one more is one. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(!/^(ECONNREFUSED|ENOENT|ENOTSOCK)$/.test(errorCode(error) ?? "")));
  });
}

const inUse = (path: string): AskCodexError =>
  new AskCodexError("refused", `another broker listens on ${path}`, { hint: "codex_broker list shows whose it is" });
