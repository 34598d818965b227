import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { BLOB_END, blobHead } from "./import-tree.ts";
import { readLink, readPieces } from "./look-at.ts";
import type { PathKey } from "./path-key.ts";

const WHOLE_BYTES = 8 * 1024 * 1024;

interface Source {
  workspace: string;
  objectFormat: "sha1" | "sha256";
  key: PathKey;
}

/**
 * Reads a file or a link once and gives its blob id; what it yields is the command that writes the blob, and that is
 * nothing for a small file with a known id. A large one is handed on while it is read.
 */
export function* readBlob(
  source: Source,
  is: "file" | "link",
  stat: BigIntStats,
  known: (id: string) => boolean,
): Generator<Buffer, { id: string; content?: Buffer }> {
  if (is === "file" && stat.size > WHOLE_BYTES) return { id: yield* readOnTheWay(source) };
  const content = is === "link" ? readLink(source.workspace, source.key) : readWhole(source);
  const id = createHash(source.objectFormat).update(`blob ${content.length}\0`).update(content).digest("hex");
  if (!known(id)) yield Buffer.concat([blobHead(content.length), content, BLOB_END]);
  return { id, content };
}

function readWhole({ workspace, key }: Source): Buffer {
  const pieces = [...readPieces(workspace, key, () => {})];
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

function* readOnTheWay({ workspace, key, objectFormat }: Source): Generator<Buffer, string> {
  const hash = createHash(objectFormat);
  let head: Buffer | undefined;
  const pieces = readPieces(workspace, key, (bytes) => {
    head = blobHead(bytes);
    hash.update(`blob ${bytes}\0`);
  });
  for (const piece of pieces) {
    if (head) yield head;
    head = undefined;
    hash.update(piece);
    yield piece;
  }
  if (head) yield head;
  yield BLOB_END;
  return hash.digest("hex");
}
