/**
 * A path in a command that we print: in double quotes where it has to be, as in SKILL.md, for permission rules compare the
 * text. On Windows with slashes, which Node takes and which mean the same to Git Bash, PowerShell and cmd; a backslash
 * does not.
 */
export function printedPath(path: string, platform: NodeJS.Platform): string {
  const plain = platform === "win32" ? path.replaceAll("\\", "/") : path;
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `"${plain.replace(/(["$`\\])/g, "\\$1")}"`;
}
