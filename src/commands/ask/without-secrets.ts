import { usageError } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import type { Packet } from "../../core/packet.ts";
import { redact } from "../../core/redact.ts";

const SHOWN_CHARS = 80;

/** A packet as it may be written down. A check is run as it is written, so that one with a secret in it is refused (64). */
export function withoutSecrets(packet: Packet): Packet {
  const { goal, nonGoals, verify, verifyProse, deliverable, context } = packet;
  const telling = verify.find((command) => redact(command) !== command);
  if (telling !== undefined)
    throw usageError(
      `the check "${shortLine(redact(telling), SHOWN_CHARS)}" holds what looks like a secret, and the record would keep it`,
      "let the check read it from a file, or from a variable that you hand in with --env NAME",
    );
  return {
    ...packet,
    goal: redact(goal),
    nonGoals: nonGoals.map(redact),
    verifyProse: verifyProse.map(redact),
    ...(deliverable === undefined ? {} : { deliverable: redact(deliverable) }),
    ...(context === undefined ? {} : { context: redact(context) }),
  };
}
