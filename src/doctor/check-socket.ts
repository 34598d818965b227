import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { newRunId } from "../core/ids.ts";
import { isListening } from "../sys/bind-socket.ts";
import { socketPath } from "../sys/paths.ts";
import { type Check, finding, ok } from "./check.ts";
import { OTHER_HOME } from "./shell-word.ts";
import { inTrialDir, nearestDir } from "./trial-place.ts";

/** The shortest limit of the systems that we know (macOS): the system cuts or refuses a longer path. */
const MAX_BYTES = 100;

/** Whether a broker can be reached: binds a socket where brokers listen, or as near to it as there is, and connects. */
export const checkSocket: Check = {
  id: "socket",
  title: "Socket",
  async run({ home, now, platform }) {
    const path = socketPath(home(), newRunId(now));
    if (platform === "win32") return (await answers(path)) ?? ok("a named pipe answers");
    const folder = dirname(path);
    const bytes = Buffer.byteLength(path);
    if (bytes > MAX_BYTES)
      return finding("fail", `${path} is too long for a socket (${bytes} bytes)`, "export TMPDIR=/tmp");
    const near = nearestDir(folder);
    try {
      const failed = await inTrialDir(hasRoom(near) ? near : tmpdir(), (dir) => answers(join(dir, "s")));
      const spare = folder.startsWith(home()) ? "" : ", for the path of the state home is too long for one";
      return failed ?? ok(`a socket answers; brokers listen in ${folder}${spare}`);
    } catch (error) {
      return finding("fail", `no socket can be made near ${folder}: ${messageOf(error)}`, OTHER_HOME);
    }
  },
};

/** With the name of the trial directory and of the socket in it. */
const hasRoom = (dir: string): boolean => Buffer.byteLength(dir) + "/.doctor-XXXXXX/s".length <= MAX_BYTES;

async function answers(path: string) {
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    if (await isListening(path)) return undefined;
    return finding("fail", `nobody could connect to a socket at ${path}`, OTHER_HOME);
  } finally {
    server.close();
  }
}
