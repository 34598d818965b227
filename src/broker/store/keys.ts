import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { redact } from "../../core/redact.ts";
import { toJson } from "../../run/create-record.ts";
import { parseFile, parseIfThere } from "../../run/record.ts";
import { makeLastingDir, makeOnce } from "../../sys/lasting-files.ts";
import type { SessionRef } from "./broker-record.ts";

/** keys/<sha256 of the key>.json: the session that a key stands for. */
const KeyClaim = z.strictObject({ version: z.literal(1), key: z.string(), broker_id: z.string() });

/**
 * The broker id that a key stands for in this workspace: ours, or that of whoever was first. A first one that died
 * before it had a session left only its id: whoever claims the session under that id goes on in its place.
 */
export function claimKey(ref: SessionRef, key: string): string {
  const path = keyPath(ref.workspaceKeyDir, key);
  makeLastingDir(join(ref.workspaceKeyDir, "keys"));
  const claim = { version: 1, key: redact(key), broker_id: ref.brokerId };
  return makeOnce(path, toJson(claim)) ? ref.brokerId : parseFile(path, KeyClaim).broker_id;
}

/** The broker id that a key stands for in a workspace, if it does. */
export const readKey = (workspaceKeyDir: string, key: string): string | undefined =>
  parseIfThere(keyPath(workspaceKeyDir, key), KeyClaim)?.broker_id;

/** The file of a key, if it stands for this session. */
export const ownKey = ({ workspaceKeyDir, brokerId }: SessionRef, key: string): string | undefined =>
  readKey(workspaceKeyDir, key) === brokerId ? keyPath(workspaceKeyDir, key) : undefined;

/** A key is any text, so its file has the name of its hash. */
const keyPath = (workspaceKeyDir: string, key: string): string =>
  join(workspaceKeyDir, "keys", `${createHash("sha256").update(key).digest("hex")}.json`);
