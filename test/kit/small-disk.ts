import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const mount = (dir: string, options: string) => spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", dir]);
const unmount = (dir: string) => execFileSync("umount", ["-l", dir]);

/** Whether this machine lets us mount a file system of our own; where it does not, limits on file sizes stand in. */
export function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), "ask-codex mount-"));
  try {
    if (mount(dir, "size=64k").status !== 0) return false;
    unmount(dir);
    return true;
  } finally {
    rmdirSync(dir);
  }
}

export interface SmallDisk {
  /** Leaves so many bytes free. */
  fill(freeBytes: number): void;
  makeReadOnly(): void;
  empty(): void;
}

/** Puts a file system of its own at `dir` while `body` runs. */
export async function onSmallDisk(dir: string, bytes: number, body: (disk: SmallDisk) => Promise<void>): Promise<void> {
  mkdirSync(dir, { mode: 0o700 });
  if (mount(dir, `size=${bytes},mode=700`).status !== 0) throw new Error(`${dir} can't be mounted`);
  const filler = join(dir, "filler");
  try {
    await body({
      fill(freeBytes) {
        const { bavail, bsize } = statfsSync(dir);
        writeFileSync(filler, Buffer.alloc(bavail * bsize - freeBytes));
      },
      makeReadOnly: () => void execFileSync("mount", ["-o", "remount,ro", dir]),
      empty: () => rmSync(filler),
    });
  } finally {
    unmount(dir);
  }
}
