import { createHash } from "node:crypto";
import { closeSync, constants, fchmodSync, openSync, renameSync, rmSync, symlinkSync, writeSync } from "node:fs";
import { bytesOf, keyOf } from "../trees/path-key.ts";
import type { FileStamp } from "./look.ts";
import type { FileState } from "./sides.ts";

/** A file that is written beside its place and moved there as a whole, or never. */
export interface Staged {
  write(bytes: Buffer): void;
  /** Throws unless what was written is the blob to the byte. */
  check(): void;
  commit(): void;
  /** Leaves nothing beside the place; after `commit` there is nothing. */
  discard(): void;
}

const LINK = "120000";
const EXECUTABLE = "100755";
const MAX_LINK = 64 * 1024;

/** `seed` names the file beside the place: a second try takes the place of one that was killed. */
export function stageFile(place: Buffer, seed: string, size: number, state: FileState, over: FileStamp | null): Staged {
  const name = `.ask-codex-undo-${createHash("sha256").update(bytesOf(seed)).digest("hex").slice(0, 16)}.tmp`;
  const beside = bytesOf(`${keyOf(place).replace(/[^/]*$/, "")}${name}`);
  const hash = createHash(state.blob.length === 64 ? "sha256" : "sha1").update(`blob ${size}\0`);
  rmSync(beside, { force: true });
  const output = state.mode === LINK ? linkAt(beside) : fileAt(beside, state.mode === EXECUTABLE, over);
  return {
    write(bytes) {
      output.write(bytes);
      hash.update(bytes);
    },
    check() {
      if (hash.digest("hex") !== state.blob) throw new Error("what the store has of it is damaged");
    },
    commit() {
      output.finish();
      renameSync(beside, place);
    },
    discard() {
      output.close();
      rmSync(beside, { force: true });
    },
  };
}

interface Output {
  write(bytes: Buffer): void;
  finish(): void;
  close(): void;
}

/** A new file gets what the umask leaves; one in place of another keeps the other's bits, but for who may execute it. */
function fileAt(path: Buffer, executable: boolean, over: FileStamp | null): Output {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const kept = over?.permissions ?? null;
  let file: number | undefined = openSync(path, flags, kept !== null ? 0o600 : executable ? 0o777 : 0o666);
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    write(bytes) {
      for (let at = 0; file !== undefined && at < bytes.length; ) at += writeSync(file, bytes, at);
    },
    finish() {
      // Whoever may read it may execute it, as git does it.
      if (file !== undefined && kept !== null)
        fchmodSync(file, executable ? kept | ((kept & 0o444) >> 2) : kept & ~0o111);
      close();
    },
    close,
  };
}

function linkAt(path: Buffer): Output {
  const target: Buffer[] = [];
  let size = 0;
  return {
    write(bytes) {
      size += bytes.length;
      if (size > MAX_LINK) throw new Error("it is too long for a symbolic link");
      // Pieces are lent: what comes next may lie in the same memory.
      target.push(Buffer.from(bytes));
    },
    finish: () => symlinkSync(Buffer.concat(target), path),
    close() {},
  };
}
