import type { Io } from "../../cli/define.ts";
import { exitCodeOf } from "../../core/exit-table.ts";
import { renderSelfTest } from "../../doctor/self-test/render-self-test.ts";
import { selfTest } from "../../doctor/self-test/self-test.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { stopSignal } from "./stop-signal.ts";
import { symbolsFor } from "./symbols.ts";

/** Tries the installed Codex against the built-in model and prints which facts hold. Resolves with the exit code. */
export async function testCodex(
  flags: { json?: boolean | undefined; quiet?: boolean | undefined },
  io: Io,
): Promise<number> {
  refuseRecursion(io.env);
  const stop = stopSignal(io);
  try {
    const result = await selfTest(
      { env: io.env },
      {
        signal: stop.signal,
        onFact: ({ id, holds }) => {
          if (!flags.quiet && !flags.json)
            io.stderr.write(`${id}: ${holds === true ? "holds" : holds ? "can't be seen" : "does not hold"}\n`);
        },
      },
    );
    const code = result.ok ? 0 : exitCodeOf("fatal");
    if (flags.json) io.stdout.write(`${JSON.stringify({ ...result, exit_code: code })}\n`);
    else if (!flags.quiet || !result.ok) io.stdout.write(renderSelfTest(result, symbolsFor(io).marks));
    return code;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    io.stderr.write("codex_doctor: stopped\n");
    return stop.exitCode();
  } finally {
    stop.release();
  }
}
