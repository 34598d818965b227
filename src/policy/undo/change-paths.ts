import type { AuditChange } from "../../core/policy.ts";
import { keyOf, type PathKey } from "../trees/path-key.ts";

/** The path of a change in git's bytes. */
export const toKey = ({ path, path_base64: bytes }: AuditChange): PathKey => key(path, bytes);

/** Where a renamed file was; undefined for every other change. */
export const fromKey = ({ from, from_base64: bytes }: AuditChange): PathKey | undefined =>
  from === undefined ? undefined : key(from, bytes);

const key = (text: string, bytes: string | undefined): PathKey =>
  keyOf(bytes === undefined ? Buffer.from(text, "utf8") : Buffer.from(bytes, "base64"));

/** Whether a path of a record may be written at all: below the workspace, and in no repository's own folder. */
export const isWorkPath = (path: PathKey): boolean =>
  !path.includes("\0") &&
  path.split("/").every((name) => name !== "" && name !== "." && name !== ".." && name.toLowerCase() !== ".git");

/** The directories above a path, the nearest last. */
export function aboveOf(path: PathKey): PathKey[] {
  const names = path.split("/");
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join("/"));
}
