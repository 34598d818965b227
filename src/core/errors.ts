import { type AnyVerdict, exitCodeOf } from "./exit-table.ts";

/** A reason not to go on, in one sentence for a person, with what to do next; `kind` is its row in the exit table. */
export class AskCodexError extends Error {
  readonly kind: AnyVerdict;
  readonly hint: string | undefined;

  constructor(kind: AnyVerdict, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AskCodexError";
    this.kind = kind;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return exitCodeOf(this.kind);
  }
}

/** An engine can't drive the Codex that is installed, and nothing was asked of a model yet; the other engine may. */
export class EngineUnavailable extends Error {
  /** It was killed before it said a word, which tells nothing about whether it can be used. */
  readonly killed: boolean;
  constructor(message: string, options: { cause?: unknown; killed?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EngineUnavailable";
    this.killed = options.killed ?? false;
  }
}

/** How the sentence begins that Codex does not know a thread. */
export const NO_SESSION = "Codex has no session with this id";

export const isNoSuchThread = (error: unknown): boolean =>
  error instanceof AskCodexError && error.message.startsWith(NO_SESSION);

/** Bad input: nothing was started or written. */
export const usageError = (message: string, hint?: string): AskCodexError =>
  new AskCodexError("usage", message, hint === undefined ? {} : { hint });

/** The system error code (`ENOENT`, …) of whatever was thrown, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** One line of text for whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
