import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join, sep } from "node:path";

export const ROOT = realpathSync(join(import.meta.dirname, ".."));

/** The script that all of this is about, and the installer beside it. */
export const ASK_CODEX = join(ROOT, "scripts", "ask_codex.mjs");
export const INSTALLER = join(ROOT, "install.sh");

/** A path or an argument as it has to be typed: the home directory short, in quotes only where a shell needs them. */
export function shown(text: string): string {
  const home = homedir();
  const short = home !== sep && text.startsWith(home + sep) ? `~${text.slice(home.length)}` : text;
  if (/^[\w@%+=:,./~-]+$/.test(short)) return short;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
}
