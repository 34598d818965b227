import { describeEvent } from "../core/describe-event.ts";
import type { Receipt } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import type { RunRequest } from "../core/request.ts";

/** What every event says: which run it is about. Times are ISO, `goal` is its head. */
interface About {
  version: 1;
  at: string;
  run_id: string;
  broker_id: string;
  session_id: string | null;
  workspace: string;
  goal: string;
}

/** What a run tells its caller without being asked; one JSON object each, with no secret in it. */
export type PushEvent = About &
  (
    | { event: "started" }
    | { event: "progress"; text: string; elapsed_ms: number }
    /** `answer` is the command that answers it. */
    | { event: "question"; question: string; options: string[]; answer: string; elapsed_ms: number }
    | ({ event: "finished" } & Ended)
  );

interface Ended
  extends Pick<
    Receipt,
    "verdict" | "exit_code" | "reason" | "output_path" | "record" | "policy" | "verification" | "tokens" | "elapsed_ms"
  > {
  /** How many; null where nobody can say. */
  files_changed: number | null;
  answer: string;
}

const GOAL_CHARS = 200;
const ANSWER_CHARS = 1_000;
const REASON_CHARS = 1_000;
const QUESTION_CHARS = 4_000;

export function aboutRun(request: RunRequest, sessionId: string | null, now: Date): About {
  return {
    version: 1,
    at: now.toISOString(),
    run_id: request.runId,
    broker_id: request.brokerId,
    session_id: sessionId,
    workspace: request.workspace,
    goal: head(request.packet.goal, GOAL_CHARS),
  };
}

/** What goes on, in a line; undefined for what a reader would not miss. The whole text is searched for secrets, not its head. */
export function progressText(event: { type: string; [key: string]: unknown }): string | undefined {
  const clean = Object.entries(event).map(([key, value]) => [key, typeof value === "string" ? redact(value) : value]);
  const text = describeEvent({ ...Object.fromEntries(clean), type: event.type });
  return text === undefined || text === "" ? undefined : text;
}

export function questionEvent(about: About, receipt: Receipt): PushEvent {
  const { question, options } = receipt.question ?? { question: receipt.answer, options: [] };
  return {
    ...about,
    event: "question",
    question: head(question, QUESTION_CHARS),
    options: options.map((option) => head(option, GOAL_CHARS)),
    answer: `ask_codex --session ${receipt.run_id} "…"`,
    elapsed_ms: receipt.elapsed_ms,
  };
}

export function finishedEvent(about: About, receipt: Receipt): PushEvent {
  const { verdict, exit_code, output_path, record, policy, verification, tokens, elapsed_ms } = receipt;
  return {
    ...about,
    event: "finished",
    verdict,
    exit_code,
    reason: head(receipt.reason, REASON_CHARS),
    output_path,
    record,
    files_changed: receipt.files_changed?.length ?? null,
    policy,
    verification,
    tokens,
    elapsed_ms,
    answer: head(receipt.answer, ANSWER_CHARS),
  };
}

/** An event as it is sent, on one line. */
export const toLine = (event: PushEvent): string => redact(JSON.stringify(event));

/** A secret must not be cut in two before it is looked for, and a cut leaves no half of a character. */
function head(text: string, chars: number): string {
  const clean = redact(text);
  return clean.length <= chars ? clean : clean.slice(0, chars).replace(/[\uD800-\uDBFF]$/, "");
}
