import { usageError } from "../core/errors.ts";
import type { Draft } from "./draft.ts";
import { FIELD_NAMES } from "./field-names.ts";
import { parseFieldPacket } from "./field-packet.ts";
import { hasFields } from "./field-scan.ts";
import { hasFrontMatter } from "./front-matter.ts";
import { parseFrontMatterPacket } from "./front-matter-packet.ts";
import { plainText, readText } from "./read-text.ts";
import { shownPath } from "./shown-path.ts";

/** What a packet says, in either of its forms; front matter begins in the first line, all else is fields. */
export async function parsePacketFile(text: string, path: string): Promise<Draft> {
  const plain = plainText(text, path);
  if (plain.trim() === "") throw usageError(`the packet ${shownPath(path)} is empty`, "see references/packets.md");
  if (hasFrontMatter(plain)) return parseFrontMatterPacket(plain, path);
  if (hasFields(plain)) return parseFieldPacket(plain, path);
  throw usageError(
    `${shownPath(path)} is no packet: it has neither front matter nor fields`,
    `begin it with --- in line 1, or write fields at the start of a line: ${FIELD_NAMES.join(", ")}`,
  );
}

/** The same for a file, which is checked before it is read. */
export async function readPacketFile(path: string): Promise<Draft> {
  return parsePacketFile(readText(path, "packet"), path);
}
