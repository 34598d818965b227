/** A path with a control character in it is quoted, so that a file name can't add lines to a prompt or to a message. */
export function shownPath(path: string): string {
  return /[\p{Cc}\u2028\u2029]/u.test(path) ? JSON.stringify(path) : path;
}
