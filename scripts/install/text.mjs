/**
 * A path as the user can paste it into a shell: quoted only where it has to be, and then as the permission rules have it.
 * @param {string} path
 * @param {NodeJS.Platform} platform
 */
export function shown(path, platform) {
  if (/^[\w@%+=:,./~-]+$/.test(path)) return path;
  return platform === "win32" ? `"${path}"` : `"${path.replace(/(["$`\\])/g, "\\$1")}"`;
}

/**
 * Names in a sentence; many are not all spelled out.
 * @param {string[]} names
 */
export function list(names) {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
