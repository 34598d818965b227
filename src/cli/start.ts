import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { usageError } from "../core/errors.ts";
import { hideValuesOf } from "../core/redact.ts";
import { learnSystemRoot } from "../core/system-tool.ts";
import type { Command, Io } from "./define.ts";
import { runCommand } from "./main.ts";
import { printedPath } from "./printed-path.ts";

/** The whole of a script: gives a command the real world, and ends the process with its code once stdout has it all. */
export async function start(command: Command, scriptUrl: string): Promise<void> {
  // Whoever reads us may leave first (`| head`): that is no error of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  hideValuesOf(process.env);
  learnSystemRoot(process.env);
  const code = await runCommand(command, realWorld(scriptUrl));
  await new Promise<void>((flushed) => process.stdout.write("", () => flushed()));
  process.exit(code);
}

function realWorld(scriptUrl: string): Io {
  return {
    argv: process.argv.slice(2),
    env: process.env,
    // Asked for only when it counts: a shell may stand in a directory that is gone.
    get cwd() {
      return currentDir();
    },
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    brokerProgram: brokerProgram(scriptUrl),
    self: (script) => `node ${printedPath(join(scriptsDir(scriptUrl), `${script}.mjs`), process.platform)}`,
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  };
}

function currentDir(): string {
  try {
    return process.cwd();
  } catch {
    throw usageError("the current directory does not exist any more", "change into a directory that exists");
  }
}

/** A bundle starts the broker from the bundle beside it, a source file through the launcher beside it. */
function brokerProgram(scriptUrl: string): string[] {
  const here = (path: string) => fileURLToPath(new URL(path, scriptUrl));
  return scriptUrl.endsWith(".cjs")
    ? [here("../scripts/run-bundle.mjs"), here("./broker_process.cjs")]
    : [here("./broker_process.mjs")];
}

/** The folder by which we were called: the rules of Claude Code name that one, and not what a link in it leads to. */
function scriptsDir(scriptUrl: string): string {
  const real = fileURLToPath(new URL("../scripts", scriptUrl));
  const called = dirname(process.argv[1] ?? "");
  try {
    return realpathSync(called) === realpathSync(real) ? called : real;
  } catch {
    return real;
  }
}
