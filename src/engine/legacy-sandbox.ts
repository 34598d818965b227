import { PLATFORM } from "../sys/platform.ts";
import { runQuick } from "../sys/run-quick.ts";
import type { Command } from "../sys/spawn.ts";
import type { SandboxInput } from "./sandbox-command.ts";
import { toToml } from "./to-toml.ts";

export interface LegacyInput extends Omit<SandboxInput, "profile" | "profileName"> {
  mode: "read-only" | "workspace-write" | "danger-full-access";
  /** Codex's `sandbox_workspace_write`; only that mode reads it. */
  settings: Record<string, unknown>;
  /** The word behind `codex sandbox`, where this Codex wants one. */
  form: string | undefined;
}

const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { linux: "linux", darwin: "macos", win32: "windows" };

/** Older releases (0.110, 0.125) have a subcommand for each system, newer ones none: their help says so. */
export async function legacyForm(
  what: Omit<Command, "args"> & { args: readonly string[] },
  platform = PLATFORM,
): Promise<string | undefined> {
  const help = await runQuick({ ...what, args: [...what.args, "sandbox", "--help"], timeoutMs: 10_000 });
  const system = SYSTEMS[platform];
  return system !== undefined && new RegExp(`^ +${system} `, "m").test(help.stdout.toString("utf8"))
    ? system
    : undefined;
}

/** The same for a Codex without permission profiles, which knows three modes; 0.169.0 still takes them without `-P`. */
export function legacySandboxCommand(input: LegacyInput): Command {
  const { codex, mode, settings, codexHome, cwd, env, argv, form } = input;
  if (mode === "danger-full-access") {
    const [command = "", ...args] = argv;
    return { command, args, cwd, env };
  }
  // 0.110 takes no mode from `-c` here and would only read; its own word for writing is this (measured).
  const full = form !== undefined && mode === "workspace-write" ? ["--full-auto"] : [];
  const power = [...full, "-c", `sandbox_mode=${toToml(mode)}`, "-c", `sandbox_workspace_write=${toToml(settings)}`];
  return {
    command: codex.command,
    args: [...codex.args, "sandbox", ...(form === undefined ? [] : [form]), ...power, "--", ...argv],
    cwd,
    env: { ...env, CODEX_HOME: codexHome },
  };
}
