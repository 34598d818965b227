import { shortLine } from "../core/one-line.ts";
import { redact } from "../core/redact.ts";
import type { CheckOutcome } from "../core/verification.ts";
import type { Exit } from "../sys/spawn.ts";

const REASON_CHARS = 400;

/** Why we ended a check ourselves. */
export type CheckStop = "timeout" | "cancelled";

/** What the end of a check means. Only a command that was started and said 0 passed. */
export function judgeCheck(
  exit: Exit,
  stop: CheckStop | undefined,
  started: boolean,
  sandboxSaid: string,
  timeoutMs: number,
): { outcome: CheckOutcome; reason?: string } {
  if (stop === "timeout") return { outcome: "timeout", reason: `stopped after its limit of ${timeoutMs / 1000} s` };
  if (stop === "cancelled") return { outcome: "cancelled" };
  if (!started) {
    const said = shortLine(redact(exit.error ?? sandboxSaid), REASON_CHARS);
    return { outcome: "not_started", reason: said || `the sandbox ended with exit ${exit.code ?? exit.signal}` };
  }
  if (exit.code === 0) return { outcome: "passed" };
  return exit.code === null ? { outcome: "failed", reason: `killed by ${exit.signal}` } : { outcome: "failed" };
}
