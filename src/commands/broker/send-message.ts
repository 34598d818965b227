import type { SendResult } from "../../broker/protocol.ts";
import { runDirOf } from "../../broker/store/list-sessions.ts";
import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { RunRequest } from "../../core/request.ts";
import type { Delivery } from "../../core/session.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import { readText } from "../ask/read-goal.ts";
import { refuseOverlap } from "../ask/refuse-overlap.ts";
import { renderDryRun } from "../ask/render-dry-run.ts";
import { followRun } from "../follow-run.ts";
import { deliver } from "./deliver.ts";
import { loudnessOf, refuseLoudness } from "./loudness.ts";
import { planMessage, sayWarnings, toMessage } from "./plan-message.ts";
import { printFields } from "./print-fields.ts";
import { addressOf, notLive } from "./reach.ts";
import { sessionOf } from "./session-of.ts";
import { type Flags, RUN_OPTIONS, type Target } from "./verb.ts";

/** Plans what a message becomes, gives it to the broker, and says where it went. */
export async function sendMessage(target: Target, word: string | undefined, flags: Flags, io: Io): Promise<number> {
  const delivery = deliveryOf(word, flags);
  refuseRecursion(io.env);
  const text = word === undefined ? undefined : await readText("message", word, io.stdin);
  const view = await readSessionView(target.ref);
  const { session, line, codex } = takerOf(view);
  const unattended = !flags.wait;
  const planned = await planMessage({ ...target, session, line, codex, running: true, unattended, text, flags }, io);
  const { request } = planned;
  if (flags["dry-run"]) {
    io.stdout.write(renderDryRun(planned, { home: target.home, env: io.env, json: flags.json ?? false }));
    return 0;
  }
  if (view.idleSince !== undefined && request.power.scope.length > 0)
    await refuseOverlap(target.home, request, session, io);
  sayWarnings(request, io);
  const message = toMessage(request, delivery, text);
  const sent = await deliver(target.ref, message, view);
  const note = sent.note ?? (sent.delivery === "queued" ? parkedNote(view) : null);
  const say = () => tell({ message_id: message.message_id, ...sent, note }, flags, io);
  if (flags.wait) return follow({ sent, request, say }, target, flags, io);
  say();
  return 0;
}

/** How it is sent; an option that this way of sending could not keep to is bad input. */
function deliveryOf(word: string | undefined, flags: Flags): Delivery {
  if (flags.steer && flags.interrupt)
    throw usageError("--steer and --interrupt contradict each other", "give one of them");
  if (word === undefined && flags.packet === undefined)
    throw usageError("codex_broker send takes an id and a message", 'codex_broker send ID "MESSAGE"');
  refuseLoudness(flags);
  if (!flags.steer) return flags.interrupt ? "interrupt" : "queue";
  const said = RUN_OPTIONS.find((name) => name !== "strict" && flags[name] !== undefined);
  if (said)
    throw usageError(
      `--${said} can't change the turn that --steer goes into`,
      "leave it out, or send the message without --steer",
    );
  return "steer";
}

/** Who takes a message, and what the session may do. */
function takerOf(view: SessionView): {
  session: SessionRecord;
  line: Pick<RunRequest, "brokerId" | "socket" | "token" | "live">;
  codex: RunRequest["codex"];
} {
  const session = sessionOf(view);
  const address = addressOf(view);
  if (!session || !address) throw notLive(view);
  const { socket, token } = address;
  const live = view.broker !== undefined;
  const codex =
    view.broker?.record.codex ?? (view.run && view.run.view.state !== "ended" && view.run.view.request.codex);
  if (!codex) throw notLive(view);
  return { session, line: { brokerId: view.ref.brokerId, socket, token, live }, codex };
}

const parkedNote = ({ run, ref }: SessionView): string | null =>
  run?.view.state === "waiting_input"
    ? `the turn before it waits for an answer: codex_broker answer ${ref.brokerId} "…"`
    : null;

/** With --wait and --json the receipt is the one object on stdout, so this goes to stderr. */
function tell(sent: SendResult & { message_id: string }, flags: Flags, io: Io): void {
  const { message_id, delivery, run_id, queue_depth, note } = sent;
  const fields = { message_id, delivery, run_id, queue_depth, note };
  if (flags.wait && flags.json) printFields(fields, false, { ...io, stdout: io.stderr });
  else printFields(fields, flags.json ?? false, io);
}

/** Ctrl-C only detaches, from the first word on: the session goes on, whoever waits for it. */
function follow(
  { sent, request, say }: { sent: SendResult; request: RunRequest; say: () => void },
  { ref }: Target,
  flags: Flags,
  io: Io,
): Promise<number> {
  return followRun(
    {
      runId: sent.run_id,
      dir: runDirOf(ref, sent.run_id),
      line: request,
      launch: async () => void say(),
      announced: request.warnings,
      ownsRun: false,
      json: flags.json ?? false,
      loudness: loudnessOf(flags),
    },
    io,
  );
}
