import type { SendParams } from "../../broker/protocol.ts";
import type { Io } from "../../cli/define.ts";
import { newMessageId } from "../../core/ids.ts";
import type { SessionRecord } from "../../core/record.ts";
import { redact } from "../../core/redact.ts";
import type { RunRequest } from "../../core/request.ts";
import type { Delivery } from "../../core/session.ts";
import { saidLayers } from "../ask/collect-layers.ts";
import { type BrokerLine, type PlannedRun, planRun } from "../ask/plan-run.ts";
import type { Flags } from "./verb.ts";

export interface MessagePlan {
  home: string;
  /** What the session was begun with: a message never has more. */
  session: SessionRecord;
  line: BrokerLine;
  codex: RunRequest["codex"];
  /** Its broker runs already, in an environment of its own. */
  running: boolean;
  /** Nobody waits for its end. */
  unattended?: boolean;
  text: string | undefined;
  flags: Flags;
}

/** Plans the run that a message becomes, as `ask_codex --session` plans its own. Writes and starts nothing. */
export async function planMessage(plan: MessagePlan, io: Io): Promise<PlannedRun> {
  const { session, text, home } = plan;
  // For the sentence about what a session keeps: no task names this one.
  const flags = { ...plan.flags, session: session.broker_id };
  const said = await saidLayers(flags, text, io.cwd);
  return planRun({ ...plan, flags, said, home, now: new Date() }, io);
}

/** What is sent of a planned run. Its text is what goes into a turn that runs: no more than the caller's own words. */
export const toMessage = (request: RunRequest, delivery: Delivery, text: string | undefined): SendParams => ({
  message_id: newMessageId(new Date()),
  delivery,
  text: text === undefined ? request.packet.goal : redact(text),
  request,
});

/** Says what the plan warns of. */
export function sayWarnings({ warnings }: RunRequest, io: Io): void {
  for (const warning of warnings) io.stderr.write(`warning: ${warning}\n`);
}
