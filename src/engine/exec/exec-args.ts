import { PROFILE_NAME, permissionProfile, shellEnvironmentPolicy } from "../../policy/permission-profile.ts";
import { RUN_MARKER } from "../../sys/environment.ts";
import type { TurnRequest } from "../engine.ts";

/**
 * The argv of `codex exec` for a turn; the prompt goes over stdin. Flags stand before `resume`, which takes neither
 * `-s` nor `-C` behind it, and the model is always repeated, for resume forgets it (CODEX.md 3 and surprise 3).
 */
export function execArgs(request: TurnRequest, schemaPath?: string): string[] {
  const config = (key: string, value: unknown): string[] => ["-c", `${key}=${toToml(value)}`];
  const power =
    request.power.write === "everything"
      ? ["-s", "danger-full-access"]
      : [
          ...config(
            `permissions.${PROFILE_NAME}`,
            permissionProfile({ power: request.power, stateHome: request.stateHome }),
          ),
          ...config("default_permissions", PROFILE_NAME),
        ];
  return [
    ...["exec", "--json", "--skip-git-repo-check", "-C", request.cwd],
    ...power,
    ...config("shell_environment_policy", shellEnvironmentPolicy(RUN_MARKER, request.runId)),
    ...(request.model === undefined ? [] : ["-m", request.model]),
    ...(request.reasoning === undefined ? [] : config("model_reasoning_effort", request.reasoning)),
    ...(schemaPath === undefined ? [] : ["--output-schema", schemaPath]),
    ...(request.threadId === undefined ? [] : ["resume", request.threadId]),
    "-",
  ];
}

/** A JSON-like value as an inline TOML value: JSON strings are TOML basic strings, tables differ. */
export function toToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toToml).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}=${toToml(one)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value);
}
