import { AskCodexError } from "../core/errors.ts";

/** A command that does nothing and writes nothing: what the sandbox is tried with. Windows has no `true`. */
export const DOES_NOTHING: readonly string[] =
  process.platform === "win32" ? ["cmd.exe", "/d", "/c", "exit 0"] : ["true"];

/** Codex's own words for a sandbox that can't start, in one sentence with what to do. */
export function sandboxError(said: string): AskCodexError {
  const why = said.trim().split("\n").at(-1) ?? "";
  return new AskCodexError("fatal", `Codex's sandbox can't start here: ${why || "it gave no reason"}`, {
    hint: "on Linux it needs user namespaces (sysctl user.max_user_namespaces; in a container --security-opt seccomp=unconfined)",
  });
}

/** What Codex says when a sandbox of its own could not start while it opened the thread. */
export const isSandboxFailure = (message: string): boolean => /sandbox helper failed|bwrap: /.test(message);
