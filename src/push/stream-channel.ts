import { constants, existsSync } from "node:fs";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Owner } from "../core/request.ts";
import { attempt, fileReason, readIfThere } from "../sys/files.ts";
import { makeOnce } from "../sys/lasting-files.ts";
import { currentOwner, isAlive } from "../sys/owner.ts";
import type { Channel } from "./line.ts";
import { toLine } from "./push-event.ts";

const LIMIT_MS = 5_000;
/** How often, and with what between, half a line must be seen unchanged until it counts as left behind. */
const CALM_LOOKS = 6;
const LOOK_MS = 50;
/** From this size on the file becomes FILE.1, and a new one is begun. */
export const ROTATE_BYTES = 8 * 1024 * 1024;

/**
 * Appends each event to a file that other runs may append to as well: a line is one write, so lines never mix. Codex may
 * be able to write where it lies; a link or a device that came into its place is refused, for we are in no sandbox.
 */
export const streamChannel = (path: string, rotateBytes = ROTATE_BYTES): Channel => ({
  name: "stream",
  limitMs: LIMIT_MS,
  takes: () => true,
  async send(event) {
    try {
      await append(path, Buffer.from(`${toLine(event)}\n`, "utf8"), rotateBytes);
    } catch (error) {
      throw new Error(`${path} can't be written: ${fileReason(error)}`, { cause: error });
    }
  },
});

const FLAGS =
  constants.O_RDWR |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  // What became a pipe must not hold us until somebody reads.
  (constants.O_NONBLOCK ?? 0);

async function append(path: string, line: Buffer, rotateBytes: number): Promise<void> {
  const dir = dirname(path);
  if ((await realpath(dir)) !== dir) throw new Error("its directory has become a link");
  const file = await open(path, FLAGS, 0o600);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error("it is not a file any more");
    if (found.nlink > 1) throw new Error("it has another name now, and may be somebody else's file");
    const whole = (await endsInLine(file)) ? line : Buffer.concat([Buffer.from("\n"), line]);
    for (let at = 0; at < whole.length; ) at += (await file.write(whole, at)).bytesWritten;
    if (found.size + whole.length >= rotateBytes) await rotate(path, rotateBytes);
  } finally {
    await file.close();
  }
}

/**
 * Half a line that stays is of a writer that met a full disk, and must not take ours along; half a line that grows is of
 * somebody who is writing this very moment, for Linux shows a write page by page.
 */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const last = Buffer.alloc(1);
  for (let calm = 0, size = -1; calm < CALM_LOOKS; calm++) {
    if (calm > 0) await sleep(LOOK_MS);
    const now = (await file.stat()).size;
    if (now === 0) return true;
    await file.read(last, 0, 1, now - 1);
    if (last[0] === 0x0a) return true;
    if (now !== size) calm = 0;
    size = now;
  }
  return false;
}

/** Of several processes one rotates; whoever has the old file open still writes whole lines to it. */
async function rotate(path: string, rotateBytes: number): Promise<void> {
  const lock = `${path}.lock`;
  if (!makeOnce(lock, JSON.stringify(currentOwner()))) {
    const holder = attempt(() => Owner.parse(JSON.parse(readIfThere(lock) ?? "")));
    // One that was killed in the middle: the next line finds the way free.
    if (holder && !isAlive(holder)) await rm(lock, { force: true });
    return;
  }
  try {
    // Somebody else may just have done it, and nobody have written since.
    const size = existsSync(path) ? (await stat(path)).size : 0;
    if (size >= rotateBytes) await rename(path, `${path}.1`);
  } finally {
    await rm(lock, { force: true });
  }
}
