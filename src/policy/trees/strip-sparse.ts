import { createHash } from "node:crypto";
import { parseIndex } from "./parse-index.ts";
import { bytesOf } from "./path-key.ts";

const DIRECTORY = 0x4000;

/**
 * An index without the directories that stand for their files: git would write all those files in before it compares
 * anything, and set the times of the user's objects on the way. What else it knew of trees is gone with them.
 */
export function stripSparse(bytes: Buffer, objectFormat: "sha1" | "sha256"): Buffer {
  const pieces: Buffer[] = [];
  let entries = 0;
  parseIndex(bytes, objectFormat, (entry) => {
    if (entry.special && (entry.mode() & 0xf000) === DIRECTORY) return;
    const head = entry.head();
    const path = bytesOf(entry.path());
    // As versions 2 and 3 pad it: NULs to a multiple of eight, at least one.
    pieces.push(head, path, Buffer.alloc(8 - ((head.length + path.length) % 8)));
    entries++;
  });
  const start = Buffer.from("DIRC\0\0\0\0\0\0\0\0");
  start.writeUInt32BE(3, 4);
  start.writeUInt32BE(entries, 8);
  const content = Buffer.concat([start, ...pieces]);
  return Buffer.concat([content, createHash(objectFormat).update(content).digest()]);
}
