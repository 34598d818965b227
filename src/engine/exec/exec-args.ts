import type { ThreadRequest, TurnInput } from "../engine.ts";
import { toToml } from "../to-toml.ts";

/**
 * The argv of `codex exec` for a turn; the prompt goes over stdin. Flags stand before `resume`, which takes neither
 * `-s` nor `-C` behind it, and the model is always repeated, for resume forgets it (CODEX.md 3 and surprise 3).
 */
export function execArgs(
  request: ThreadRequest,
  turn: Omit<TurnInput, "prompt" | "schema">,
  options: { profiles: boolean; schemaPath?: string },
): string[] {
  const { policy } = request;
  const profile = options.profiles ? policy.profile : null;
  const power =
    profile === null
      ? ["-s", policy.legacy.mode, ...config("sandbox_workspace_write", policy.legacy.settings)]
      : [...config(`permissions.${policy.name}`, profile), ...config("default_permissions", policy.name)];
  return [
    ...["exec", "--json", "--skip-git-repo-check", "-C", request.cwd],
    ...power,
    ...config("shell_environment_policy", policy.shellEnvironment),
    ...(turn.model === undefined ? [] : ["-m", turn.model]),
    ...(turn.reasoning === undefined ? [] : config("model_reasoning_effort", turn.reasoning)),
    ...(options.schemaPath === undefined ? [] : ["--output-schema", options.schemaPath]),
    ...(request.threadId === undefined ? [] : ["resume", request.threadId]),
    "-",
  ];
}

const config = (key: string, value: unknown): string[] => ["-c", `${key}=${toToml(value)}`];
