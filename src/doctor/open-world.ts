import { codexEnvironment, RUN_MARKER } from "../sys/environment.ts";
import { runQuick } from "../sys/run-quick.ts";
import { hasStrays, stopProcesses } from "../sys/stop-processes.ts";
import type { Program, Said, World } from "./check.ts";

/** Codex answers in 0.02 s, but on a machine where fifty others want to run it took 5 s: that is no Codex that hangs. */
const PROGRAM_MS = 15_000;
const STOP_MS = 300;

/** The real world for the checks, and what ends all that they left. */
export function openWorld(about: Omit<World, "run">): World & { close(): Promise<void> } {
  const asked = new Map<string, Promise<Said>>();
  const run = (program: Program): Promise<Said> => {
    const key = JSON.stringify([program.command, program.args, program.cwd, program.env]);
    const known = asked.get(key) ?? start(program);
    asked.set(key, known);
    return known;
  };
  async function start({ command, args, env, cwd, timeoutMs }: Program): Promise<Said> {
    const done = await runQuick({
      command,
      args,
      env: env === undefined ? codexEnvironment(about.env, about.marker) : { ...env, [RUN_MARKER]: about.marker },
      cwd: cwd ?? about.workspace,
      timeoutMs: timeoutMs ?? PROGRAM_MS,
      signal: about.signal,
    });
    return { ...done, stdout: done.stdout.toString("utf8") };
  }
  return {
    ...about,
    run,
    async close() {
      const quarry = { markers: [about.marker, `${about.marker}.quota`] };
      // Windows has no table of environments to look in; a program that is not done in time is ended by its id.
      if (about.platform !== "win32" && hasStrays(quarry)) await stopProcesses(quarry, STOP_MS);
    },
  };
}
