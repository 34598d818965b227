import type { HookInput } from "../../claude/hook-input.ts";
import type { Io } from "../../cli/define.ts";
import { messageOf } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import type { ReviewOptions } from "../review/review-changes.ts";
import { acknowledgeDelivered } from "./acknowledge-delivered.ts";
import type { HookAnswer } from "./answer.ts";
import { runGate } from "./run-gate.ts";

const WHY_CHARS = 300;

/** The end of a turn: what Claude was told in it counts as read, and where the review gate is on, it looks. */
export async function stop(input: HookInput, io: Io): Promise<HookAnswer> {
  await acknowledgeDelivered(io).catch(() => undefined);
  const decision = await runGate(input, io, review).catch((error: unknown) => ({
    stop: "allow" as const,
    why: messageOf(error),
  }));
  if (decision === undefined) return {};
  if (decision.stop === "block") return { decision: "block", reason: decision.reason };
  if (decision.why === null) return {};
  return { systemMessage: `ask-codex: the review gate let this stop pass: ${shortLine(decision.why, WHY_CHARS)}` };
}

/** Loaded only here: most turns that end have changed nothing. */
const review = async (options: ReviewOptions, io: Io) =>
  (await import("../review/review-changes.ts")).reviewChanges(options, io);
