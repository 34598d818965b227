import type { RunEvent, TurnError } from "../core/event.ts";

/**
 * A lost connection gets one more try of Codex's, which comes 5 to 8 s after it first says so: where that fails, too,
 * the run ends with it, for Codex alone would try for ever (CODEX.md surprise 1). One that succeeds says nothing until
 * the model has something to say, so whoever waits for a word must give a model time to think.
 */
const CONNECTION_MS = 120_000;
/** Codex tries a rejected login five times in 8 s. The second rejection is believed: the first may be an expired token. */
const LOGIN_TRIES = 2;

/** Events that only a model that answers can cause. */
const ANSWERS = new Set<RunEvent["type"]>([
  "message",
  "reasoning",
  "command_started",
  "edit",
  "tool",
  "question",
  "usage",
  "limits",
]);

const CONNECTION = /connection failed|error sending request|waiting for network|dns error|connection refused/i;

export type RetryKind = "connection" | "login" | "other";

/** Why Codex is trying again: the status where it is typed, its words where not. */
export function retryKind(error: TurnError): RetryKind {
  const text = `${error.message} ${error.details ?? ""}`;
  if (error.httpStatus === 401 || error.httpStatus === 403 || /\b(401 Unauthorized|403 Forbidden)\b/.test(text))
    return "login";
  return error.httpStatus === undefined && CONNECTION.test(text) ? "connection" : "other";
}

export interface RetryWatch {
  /** Milliseconds until the run must end unless something better comes; undefined when nothing is wrong. */
  see(event: RunEvent): { endInMs: number; error: TurnError } | "recovered" | undefined;
}

/** Decides when Codex's own retrying has gone on for long enough. */
export function createRetryWatch(): RetryWatch {
  let logins = 0;
  let connectionLost = false;
  return {
    see(event) {
      if (event.type === "retry") {
        const kind = retryKind(event.error);
        if (kind === "login" && ++logins >= LOGIN_TRIES) return { endInMs: 0, error: event.error };
        if (kind === "connection") {
          const again = connectionLost;
          connectionLost = true;
          return { endInMs: again ? 0 : CONNECTION_MS, error: event.error };
        }
        return undefined;
      }
      if (!ANSWERS.has(event.type)) return undefined;
      const recovered = connectionLost;
      connectionLost = false;
      logins = 0;
      return recovered ? "recovered" : undefined;
    },
  };
}
