import type { SessionRecord } from "../../core/record.ts";
import type { Draft } from "../../packet/draft.ts";

/** What a run says with the first prompt of a session that goes on with one of Claude Code's: where that is, and what holds of it. */
export function withHandOver(values: Draft, session: SessionRecord | undefined): Draft {
  const from = session?.from_claude;
  if (!from || (session?.runs.length ?? 0) > 0) return values;
  const line =
    from.digest === null
      ? "What stands before this in the thread is a session of Claude Code's that you go on with. Its tools are not yours, and its files may have changed since."
      : `You go on with a session of Claude Code's. Read what was said and done in it first: ${from.digest}`;
  return { ...values, context: values.context === undefined ? line : `${values.context}\n\n${line}` };
}
