import { AskCodexError } from "../core/errors.ts";
import { insideCodex } from "./inside-codex.mjs";

/** A Codex that delegates to Codex never ends well: refused before anything is started. */
export function refuseRecursion(env: NodeJS.ProcessEnv): void {
  const found = insideCodex(env);
  if (found) throw new AskCodexError("fatal", found.message, { hint: found.hint });
}
