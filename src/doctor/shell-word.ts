import { existsSync } from "node:fs";
import { join } from "node:path";

/** A path as it can be pasted into a shell: quoted only where it has to be. */
export function shellWord(path: string, platform: NodeJS.Platform): string {
  if (/^[\w@%+=:,./~-]+$/.test(path)) return path;
  return platform === "win32" ? `"${path}"` : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** The command that opens a file for whoever is to mend it. */
export const editCommand = (path: string, platform: NodeJS.Platform): string =>
  platform === "win32" ? `notepad ${shellWord(path, platform)}` : `\${EDITOR:-vi} ${shellWord(path, platform)}`;

/** The command that installs the skill anew; an installed copy has the installer without its shell script. */
export function installCommand(root: string, platform: NodeJS.Platform): string {
  const script = join(root, platform === "win32" ? "install.ps1" : "install.sh");
  if (!existsSync(script)) return `node ${shellWord(join(root, "scripts", "install.mjs"), platform)}`;
  return platform === "win32" ? `powershell -File ${shellWord(script, platform)}` : shellWord(script, platform);
}

/** What to do where the state home can't be used. */
export const OTHER_HOME = 'export ASK_CODEX_HOME="$HOME/.ask-codex"';
