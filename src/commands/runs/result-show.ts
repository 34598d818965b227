import type { Io } from "../../cli/define.ts";
import { AskCodexError, usageError } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import type { Receipt } from "../../core/record.ts";
import { acknowledgePrinted } from "../../inbox/acknowledge-printed.ts";
import { type RunView, readRun } from "../../run/read-run.ts";
import { attempt, readIfThere } from "../../sys/files.ts";
import { printReceipt } from "../follow-run.ts";
import type { Target } from "./target.ts";
import type { Flags } from "./verb.ts";

/**
 * Prints how a run ended, and acknowledges it for whom it is for. Exits with the run's code; a run that has not ended is
 * refused (75).
 */
export async function showResult({ runId, dir }: Target, flags: Flags, io: Io): Promise<number> {
  const json = flags.json ?? false;
  if (json && flags.answer)
    throw usageError(
      "--answer prints text alone, and --json an object",
      "leave one of them out; --json has the answer",
    );
  const view = await readRun(dir);
  if (view.state !== "ended") throw notEnded(runId, view);
  const { receipt } = view;
  if (flags.answer) printAnswer(receipt, io);
  else {
    if (!json) io.stdout.write(`run_id=${runId}\n`);
    printReceipt(receipt, io, { json, sessionShown: false, announced: [] });
  }
  await acknowledgePrinted({ dir, receipt, env: io.env }, io.stdout);
  return receipt.exit_code;
}

function notEnded(runId: string, view: Exclude<RunView, { state: "ended" }>): AskCodexError {
  const { question } = view.status;
  if (view.state === "waiting_input" && question)
    return new AskCodexError(
      "refused",
      `the run ${runId} has not ended: it asks "${shortLine(question.question, 200)}"`,
      {
        hint: `ask_codex --session ${runId} "…" answers it, then codex_runs wait ${runId}`,
      },
    );
  return new AskCodexError("refused", `the run ${runId} has not ended: it is ${view.state}`, {
    hint: `codex_runs wait ${runId}`,
  });
}

/** The answer as Codex gave it; why there is none, or not all of it, is no part of it. */
function printAnswer(receipt: Receipt, io: Io): void {
  const { text, isWhole } = wholeAnswer(receipt);
  if (text === "") io.stderr.write(`the run left no answer: ${receipt.verdict}: ${shortLine(receipt.reason, 300)}\n`);
  else io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  if (!isWhole) io.stderr.write(`the answer is cut here: the file with all of it, ${receipt.output_path}, is gone\n`);
}

/** The receipt has no more than the head of a very long answer. A file in the workspace counts if it begins with it. */
function wholeAnswer(receipt: Receipt): { text: string; isWhole: boolean } {
  if (!receipt.answer_truncated) return { text: receipt.answer, isWhole: true };
  const text = attempt(() => readIfThere(receipt.output_path ?? "")) ?? "";
  return text.startsWith(receipt.answer) ? { text, isWhole: true } : { text: receipt.answer, isWhole: false };
}
