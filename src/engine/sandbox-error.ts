import { AskCodexError } from "../core/errors.ts";
import { PLATFORM } from "../sys/platform.ts";

/** A command that does nothing and writes nothing: what the sandbox is tried with. Windows has no `true`. */
export const doesNothing = (platform: NodeJS.Platform): readonly string[] =>
  platform === "win32" ? ["cmd.exe", "/d", "/c", "exit 0"] : ["true"];

/** The one for this system. */
export const DOES_NOTHING = doesNothing(PLATFORM);

/** Codex's own words for a sandbox that can't start, in one sentence with what to do. */
export function sandboxError(said: string, platform = PLATFORM): AskCodexError {
  const why = said.trim().split("\n").at(-1) ?? "";
  return new AskCodexError("fatal", `Codex's sandbox can't start here: ${why || "it gave no reason"}`, {
    hint:
      platform === "win32"
        ? "Codex sets its sandbox up on Windows itself: start `codex` once in a terminal, and let it do that"
        : "on Linux it needs user namespaces (sysctl user.max_user_namespaces; in a container --security-opt seccomp=unconfined)",
  });
}

/** What Codex says when a sandbox of its own could not start while it opened the thread. */
export const isSandboxFailure = (message: string): boolean => /sandbox helper failed|bwrap: /.test(message);
