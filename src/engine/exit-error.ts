import { AskCodexError, NO_SESSION } from "../core/errors.ts";
import type { Exit, PipedProcess } from "../sys/spawn.ts";

/** How long the exit may lag behind the end of the output; after that the process has closed it and stays. */
const EXIT_MS = 2_000;

/** Why a Codex whose output has ended is gone, as an error; `begun` says whether it had got as far as a thread. */
export async function whyGone(process: PipedProcess, begun: boolean): Promise<AskCodexError> {
  const exit = await exitWithin(process, EXIT_MS);
  if (!exit) return notBegun("Codex closed its output and went on", begun);
  return exitError(exit, process.stderrTail(), begun);
}

/** True when a process whose input was closed goes by itself in time. */
export const goesWithin = async (process: PipedProcess, graceMs: number): Promise<boolean> =>
  (await exitWithin(process, graceMs)) !== undefined;

function exitWithin(process: PipedProcess, ms: number): Promise<Exit | undefined> {
  const stays = new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined).unref());
  return Promise.race([process.exited, stays]);
}

/** The end of a process as an error. What ends before it has begun can't work here; a signal in the middle is a kill. */
export function exitError(exit: Exit, stderr: string, begun: boolean): AskCodexError {
  if (exit.error !== undefined)
    return new AskCodexError("fatal", `Codex can't be started: ${exit.error}`, { hint: REINSTALL });
  if (exit.signal && begun) return new AskCodexError("killed", `Codex was killed by ${exit.signal}`);
  const said = lastWords(stderr);
  const how = exit.signal ? `was killed by ${exit.signal}` : `exited with code ${exit.code}`;
  return notBegun(
    `Codex ${how} ${begun ? "without ending the turn" : "at its start"}${said ? `: ${said}` : ""}`,
    begun,
  );
}

/** The line that says it: `Error: …` where Codex writes one, else the last. */
export function lastWords(stderr: string): string {
  const said = /^(?:Error|error): (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().split("\n").slice(-1)[0] ?? "";
  return said.slice(0, 300);
}

/** Codex does not know a thread: bad input where only the caller named it, fatal where our record does. */
export const noSuchThread = (said: string, adopted = false): AskCodexError =>
  new AskCodexError(adopted ? "usage" : "fatal", `${NO_SESSION} (${said})`, {
    hint: "start a new one without --session",
  });

const REINSTALL = "install it again: npm install -g @openai/codex";
const LOOK = "see whether `codex --version` and `codex login status` work";

const notBegun = (what: string, begun: boolean): AskCodexError =>
  begun ? new AskCodexError("failed", what) : new AskCodexError("fatal", what, { hint: LOOK });
