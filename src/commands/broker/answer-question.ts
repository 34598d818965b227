import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, usageError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { findRole } from "../../packet/roles/index.ts";
import { lint } from "../ask/plan-run.ts";
import { readText } from "../ask/read-goal.ts";
import { followRun } from "../follow-run.ts";
import { loudnessOf, refuseLoudness } from "./loudness.ts";
import { printFields } from "./print-fields.ts";
import { reachBroker } from "./reach.ts";
import { sessionOf } from "./session-of.ts";
import type { Flags, Target } from "./verb.ts";

/** Puts an answer into the turn that waits for it, and says so; of several answers one is taken. */
export async function answerQuestion({ ref }: Target, word: string | undefined, flags: Flags, io: Io): Promise<number> {
  refuseLoudness(flags);
  const loudness = loudnessOf(flags);
  if (word === undefined)
    throw usageError("codex_broker answer takes an id and a text", 'codex_broker answer ID "TEXT"');
  refuseRecursion(io.env);
  const text = await readText("answer", word, io.stdin);
  const view = await readSessionView(ref);
  if (view.run?.view.state !== "waiting_input") throw nothingWaits(view);
  const { runId, dir } = view.run;
  const role = findRole(sessionOf(view)?.role ?? "scout");
  for (const warning of lint({ goal: text, prompt: text, role, followUp: true }, flags.strict ?? false))
    io.stderr.write(`warning: ${warning}\n`);
  const line = await reachBroker(ref);
  try {
    const { delivered } = await line.answer(redact(text), runId);
    if (!delivered) throw nothingWaits(await readSessionView(ref));
  } finally {
    line.close();
  }
  const json = flags.json ?? false;
  // With --wait and --json the receipt is the one object on stdout.
  const to = flags.wait && json ? { json: false, io: { ...io, stdout: io.stderr } } : { json, io };
  const say = () => printFields({ delivery: "answered", run_id: runId }, to.json, to.io);
  if (flags.wait) {
    const address = view.run.view.request;
    return followRun({ runId, dir, line: address, launch: async () => void say(), ownsRun: false, json, loudness }, io);
  }
  say();
  return 0;
}

function nothingWaits({ ref, state }: SessionView): AskCodexError {
  const over = state === "stopped" || state === "lost";
  return new AskCodexError("refused", `the session ${ref.brokerId} is ${state}, and nothing waits for an answer`, {
    hint: over ? `codex_broker resume ${ref.brokerId} "…"` : `codex_broker send ${ref.brokerId} "…" gives it a message`,
  });
}
