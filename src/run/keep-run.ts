import { messageOf } from "../core/errors.ts";
import { exitCodeOf } from "../core/exit-table.ts";
import type { Receipt } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import { writeReceipt } from "./record.ts";
import { readSession, writeSession } from "./session-record.ts";

const NO_TOKENS = { input: 0, cached: 0, output: 0 };

/**
 * Writes what outlives the run: the session, and last the receipt, which is returned as it came to be. One that can't
 * be written still reaches whoever is attached.
 */
export function keepEnd(home: string, request: RunRequest, receipt: Receipt): Receipt {
  try {
    keepLast(home, request, receipt);
    return receipt;
  } catch (error) {
    const reason = `${messageOf(error)} (the run itself: ${receipt.verdict}, ${receipt.reason})`;
    return {
      ...receipt,
      verdict: "failed",
      exit_code: exitCodeOf("failed"),
      reason,
      next: "make room; nothing else is lost",
    };
  }
}

function keepLast(home: string, request: RunRequest, receipt: Receipt): void {
  const { session_id: sessionId, tokens, model } = receipt;
  // A run that was refused never had the thread: whoever has it keeps the session.
  if (sessionId !== null && receipt.verdict !== "refused" && receipt.verdict !== "usage") {
    keepSession(home, request, {
      sessionId,
      model: model ?? undefined,
      now: receipt.ended_at,
      engine: receipt.engine.name,
      used: tokens,
    });
  }
  writeReceipt(receipt.record, receipt);
}

/** Stores the session as soon as there is a thread, so that a run whose broker dies can be continued too. */
export function keepSession(
  home: string,
  request: RunRequest,
  what: {
    sessionId: string;
    model: string | undefined;
    now: string;
    engine?: RunRequest["engine"];
    used?: Receipt["tokens"];
  },
): void {
  const before = readSession(home, request.workspace, request.brokerId);
  const used = what.used ?? NO_TOKENS;
  const past = before?.tokens ?? NO_TOKENS;
  writeSession(home, {
    version: 1,
    broker_id: request.brokerId,
    session_id: what.sessionId,
    workspace: request.workspace,
    // A run that asked for less does not lower the session.
    role: before?.role ?? request.packet.role,
    power: before?.power ?? request.power,
    engine: what.engine ?? before?.engine ?? request.engine,
    model: what.model ?? null,
    reasoning: request.reasoning ?? null,
    tokens: { input: past.input + used.input, cached: past.cached + used.cached, output: past.output + used.output },
    runs: [...(before?.runs ?? []).filter((id) => id !== request.runId), request.runId],
    ...(before?.from_claude === undefined ? {} : { from_claude: before.from_claude }),
    ...((before ? before.adopted : request.threadId !== undefined) ? { adopted: true } : {}),
    created_at: before?.created_at ?? request.createdAt,
    updated_at: what.now,
  });
}
