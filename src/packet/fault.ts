import { AskCodexError, messageOf, usageError } from "../core/errors.ts";
import { shownPath } from "./shown-path.ts";

/** Bad input in a file: the message begins with where it stands, for that is what has to be opened next. */
export const fault = (path: string, line: number, message: string, hint?: string): AskCodexError =>
  usageError(`${shownPath(path)}, line ${line}: ${message}`, hint);

/** A word of somebody's file in a message: quoted, and no longer than needed to be found again. */
export const quoted = (word: string): string => JSON.stringify(word.length > 60 ? `${word.slice(0, 59)}…` : word);

/** Runs what knows nothing of files, and says of its refusals where they stand. */
export function at<Value>(path: string, line: number, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AskCodexError) || error.message.startsWith(`${shownPath(path)}, line `)) throw error;
    throw fault(path, line, messageOf(error), error.hint);
  }
}
