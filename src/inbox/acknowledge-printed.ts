import type { Writable } from "node:stream";
import type { What } from "../core/inbox.ts";
import type { Receipt } from "../core/record.ts";
import { readReceipt, readRequest, readStatus } from "../run/record.ts";
import { attempt } from "../sys/files.ts";
import { acknowledge, isAddressee } from "./acknowledge.ts";
import { openClaims } from "./item-store.ts";

export interface Printed {
  /** The folder of the run. */
  dir: string;
  /** What was printed of it: how it ended, or what it asked. */
  receipt: Receipt;
  env: NodeJS.ProcessEnv;
}

/**
 * Acknowledges what a command has just printed of a run, if it was printed to whom it is for and has left this process:
 * a reader that was gone (`| head`) has read nothing. Never throws: at worst the inbox shows it once more.
 */
export async function acknowledgePrinted({ dir, receipt, env }: Printed, stdout: Writable): Promise<void> {
  const what = attempt(() => printedWhat(dir, receipt));
  if (what === undefined || !(await isFlushed(stdout))) return;
  attempt(() => {
    if (isAddressee(readRequest(dir), env) || wasShownTo(dir, what, env.CLAUDE_CODE_SESSION_ID))
      acknowledge(dir, what, env.CLAUDE_CODE_SESSION_ID || null);
  });
}

/** The receipt of a run that asks is no file: the question may be answered and the run over by the time it is printed. */
function printedWhat(dir: string, receipt: Receipt): What | undefined {
  if (readReceipt(dir)?.ended_at === receipt.ended_at) return "finished";
  const { question } = readStatus(dir);
  const isAsked = question?.question === receipt.question?.question && (question?.askedAt ?? "") <= receipt.ended_at;
  return question && isAsked ? `question:${question.callId}` : undefined;
}

/** Whoever was shown the item of a session that is gone reads it in its place. */
const wasShownTo = (dir: string, what: What, session: string | undefined): boolean =>
  openClaims(dir).some((claim) => claim.what === what && claim.session === session);

const isFlushed = (stdout: Writable): Promise<boolean> =>
  new Promise((resolve) => stdout.write("", (error) => resolve(!error)));
