import { AskCodexError, messageOf } from "../../../src/core/errors.ts";

/** The sentence and the hint of a refusal, in one text; it fails for anything but exit 64. */
export async function refusalOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof AskCodexError) || error.exitCode !== 64) throw error;
    return `${messageOf(error)} → ${error.hint ?? ""}`;
  }
  throw new Error("nothing was refused");
}
