import type { Io } from "../../cli/define.ts";
import { type Said, telling } from "./answer.ts";
import { deliverInbox } from "./deliver-inbox.ts";
import { describeLive } from "./describe-live.ts";

/** Tells a session that begins what background runs have to tell, and what still goes on. */
export async function sessionStart(io: Io): Promise<Said> {
  const { text, told } = await deliverInbox(io);
  const live = await describeLive(io).catch(() => "");
  return { answer: telling("SessionStart", [text, live]), told };
}
