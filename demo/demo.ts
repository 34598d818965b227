import { AskCodexError, messageOf } from "../src/core/errors.ts";
import { exitCodeOf } from "../src/core/exit-table.ts";
import { showForReal } from "./for-real.ts";
import { HELP, parseOptions } from "./options.ts";
import { play } from "./play.ts";
import { createScreen } from "./screen.ts";

const stopped = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopped.abort());
// Whoever reads us may leave first (`| head`); what was begun is still cleaned up.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const screen = createScreen(process.stdout, process.env);
    const wrong = await play({ screen, keep: options.keep, signal: stopped.signal });
    for (const sentence of wrong) screen.line(screen.paint.red(`Not as it should be: ${sentence}`));
    if (wrong.length > 0) return 1;
    await showForReal({ screen, env: process.env, signal: stopped.signal });
    return 0;
  } catch (error) {
    if (stopped.signal.aborted) return exitCodeOf("cancelled");
    const hint = error instanceof AskCodexError && error.hint ? `\n  hint: ${error.hint}` : "";
    process.stderr.write(`demo: ${messageOf(error)}${hint}\n`);
    return error instanceof AskCodexError ? error.exitCode : 1;
  }
}
