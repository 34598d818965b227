import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { attempt } from "../sys/files.ts";
import type { Channel } from "./line.ts";
import { toLine } from "./push-event.ts";
import { runNotifier } from "./run-notifier.ts";

const LIMIT_MS = 10_000;
/** What runs the file that is named first behind it. */
const INTERPRETER = /^(?:(?:ba|da|k|z)?sh|node|deno|bun|ruby|perl|php|python[\d.]*)(?:\.exe)?$/;

/**
 * Starts a program for each event. Codex may be able to write where the program lies, and we start it outside of any
 * sandbox: one that changed since the run began is not started.
 */
export function commandChannel(
  [program, ...args]: readonly string[],
  about: { cwd: string; env: NodeJS.ProcessEnv },
): Channel {
  const command = program ?? "";
  const script = INTERPRETER.test(basename(command)) ? args.find((arg) => !arg.startsWith("-")) : undefined;
  const files = [command, ...(script === undefined ? [] : [resolve(about.cwd, script)])];
  const stamps = files.map(stamp);
  return {
    name: "command",
    limitMs: LIMIT_MS,
    takes: () => true,
    async send(event, signal) {
      const changed = files.find((path, at) => stamp(path) !== stamps[at]);
      if (changed !== undefined) throw new Error(`${changed} was changed since the run began, so it was not started`);
      await runNotifier({ command, args, ...about, input: `${toLine(event)}\n` }, signal);
    },
  };
}

/** Differs as soon as the file was written, moved or replaced; "" where there is none. */
function stamp(path: string): string {
  const found = attempt(() => statSync(path, { bigint: true }));
  return found?.isFile() ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}` : "";
}
