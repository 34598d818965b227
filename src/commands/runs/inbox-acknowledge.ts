import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { acknowledgeInboxOf, acknowledgeRuns } from "../../inbox/acknowledge-shown.ts";
import { takeItems } from "../../inbox/take-items.ts";
import { findRunDir } from "../../run/record.ts";
import { printFields } from "../broker/print-fields.ts";
import { inboxOf } from "./inbox-show.ts";
import type { Flags } from "./verb.ts";

/** Notes what was read, by run ids or as `all`; what was noted before is fine. Says how much is left to read. */
export async function acknowledgeInbox(ids: readonly string[], flags: Flags, io: Io): Promise<number> {
  const where = inboxOf(flags, io);
  const runs = ids.filter((id) => id !== "all").map((runId) => ({ runId, dir: dirOf(where.home, runId) }));
  const named = await acknowledgeRuns(runs, where.caller);
  const rest = ids.includes("all") ? await acknowledgeInboxOf(where) : [];
  const { more } = await takeItems({ ...where, fits: () => false });
  printFields({ acknowledged: [...named, ...rest], more }, flags.json ?? false, io);
  return 0;
}

function dirOf(home: string, runId: string): string {
  const dir = findRunDir(home, runId);
  if (dir === undefined)
    throw usageError(`there is no run ${runId} in ${home}`, "codex_runs inbox prints the ids that it can acknowledge");
  return dir;
}
