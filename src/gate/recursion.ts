import { AskCodexError } from "../core/errors.ts";
import { RUN_MARKER } from "../sys/environment.ts";

/** Variables that only a command inside Codex has (CODEX.md 4), and our own mark of a run. */
const INSIDE = ["CODEX_THREAD_ID", "CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED", RUN_MARKER];

/** A Codex that delegates to Codex never ends well: refused before anything is started. */
export function refuseRecursion(env: NodeJS.ProcessEnv): void {
  const found = INSIDE.find((name) => env[name]);
  if (found === undefined) return;
  throw new AskCodexError("fatal", `this runs inside Codex (${found} is set), and Codex must not delegate to itself`, {
    hint: "do the work here, or report back to whoever started this run",
  });
}
