/**
 * A path in git's bytes, one character a byte (latin1), relative to the workspace and with "/": it loses nothing, can be
 * a key, and sorts as git sorts.
 */
export type PathKey = string;

export const keyOf = (bytes: Uint8Array): PathKey =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

export const bytesOf = (key: PathKey): Buffer => Buffer.from(key, "latin1");

/** The path for people; bytes that are not UTF-8 show as U+FFFD. */
export const textOf = (key: PathKey): string => bytesOf(key).toString("utf8");

/** The fields of a record that name a path: as text, and as bytes too where the text does not say them all. */
export function nameOf(key: PathKey): { path: string; path_base64?: string } {
  const bytes = bytesOf(key);
  const path = bytes.toString("utf8");
  return path.includes("\uFFFD") && !Buffer.from(path, "utf8").equals(bytes)
    ? { path, path_base64: bytes.toString("base64") }
    : { path };
}

/** The path for a system call. */
export const placeOf = (workspace: string, key: PathKey): Buffer =>
  Buffer.concat([Buffer.from(`${workspace}/`, "utf8"), bytesOf(key)]);

/** The paths of a list that git ends with NUL each. */
export function splitKeys(listed: Buffer): PathKey[] {
  const keys = listed.toString("latin1").split("\0");
  keys.pop();
  return keys;
}

/** Whether a path lies below one of these directories. */
export function isBelow(key: PathKey, dirs: ReadonlySet<PathKey>): boolean {
  if (dirs.size === 0) return false;
  for (let at = key.indexOf("/"); at !== -1; at = key.indexOf("/", at + 1)) if (dirs.has(key.slice(0, at))) return true;
  return false;
}
