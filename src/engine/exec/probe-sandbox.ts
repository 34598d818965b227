import { join } from "node:path";
import { makePrivateDir } from "../../sys/files.ts";
import { runQuick } from "../../sys/run-quick.ts";
import type { ThreadRequest } from "../engine.ts";
import { exitError } from "../exit-error.ts";
import { sandboxCommand } from "../sandbox-command.ts";
import { DOES_NOTHING, isSandboxFailure, sandboxError } from "../sandbox-error.ts";

/** It takes 0.04 s, but a machine whose disk stalls is no Codex that can't work: that would be a false `fatal`. */
const PROBE_MS = 10_000;

/**
 * Starts a command that does nothing in the run's own sandbox, before anything is asked of a model. Resolves with
 * whether this Codex knows permission profiles; rejects with `fatal` where the sandbox, or Codex itself, can't start.
 */
export async function probeSandbox({ codex, cwd, env, policy, scratch }: ThreadRequest): Promise<"known" | "unknown"> {
  // A home of its own: with the user's settings another profile of this name could be meant.
  const codexHome = join(scratch, "check-home");
  makePrivateDir(codexHome);
  const about = { codex, profile: policy.profile, profileName: policy.name, codexHome, cwd, env };
  const done = await runQuick({ ...sandboxCommand({ ...about, argv: DOES_NOTHING }), timeoutMs: PROBE_MS });
  if (done.exitCode === 0) return "known";
  // clap's words for a flag it does not have, and the configuration's for a profile it does not know.
  if (done.exitCode === 2 || /permission-profile|default_permissions|unrecogni[sz]ed/i.test(done.stderr))
    return "unknown";
  if (isSandboxFailure(done.stderr)) throw sandboxError(done.stderr);
  const never = done.exitCode === null && done.stderr === "" ? done.failure : undefined;
  throw exitError(
    { code: done.exitCode, signal: null, ...(never === undefined ? {} : { error: never }) },
    done.stderr,
    false,
  );
}
