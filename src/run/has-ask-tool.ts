import type { SessionRecord } from "../core/record.ts";
import { ASKING_ENGINES, type EngineName } from "../core/request.ts";

/**
 * Whether Codex can be told to ask by the tool. A thread gets its tools when it begins, so one that was imported or
 * adopted has none of ours. `session` is undefined before there is a record; a thread that is known by then was adopted.
 */
export function hasAskTool(
  engine: EngineName,
  session: Pick<SessionRecord, "adopted" | "from_claude"> | undefined,
  threadId: string | undefined,
): boolean {
  return ASKING_ENGINES.includes(engine) && (session ? !beganElsewhere(session) : threadId === undefined);
}

/** Whether the thread was there, and had spoken, before the first run of ours. */
export const beganElsewhere = ({
  adopted,
  from_claude: from,
}: Pick<SessionRecord, "adopted" | "from_claude">): boolean => adopted === true || from?.way === "import";
