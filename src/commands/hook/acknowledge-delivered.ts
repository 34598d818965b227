import type { Io } from "../../cli/define.ts";
import { acknowledge } from "../../inbox/acknowledge.ts";
import { findItems } from "../../inbox/find-items.ts";
import { latestClaim, wasTold } from "../../inbox/item-store.ts";
import { isSame } from "../../inbox/whom.ts";
import { attempt } from "../../sys/files.ts";
import { inboxOf } from "../runs/inbox-show.ts";

/**
 * Notes at the end of a turn that Claude has read the ends that it was told in it: a model has had them in its context. A
 * question stays until it is answered, for the session that comes after one that died. Never throws.
 */
export async function acknowledgeDelivered(io: Io): Promise<void> {
  const where = inboxOf({}, io);
  const { caller } = where;
  if (caller === null) return;
  for (const { dir, what } of await findItems(where)) {
    const { claim } = latestClaim(dir, what);
    if (claim && isSame(claim, caller) && wasTold(dir, what) && !what.startsWith("question:"))
      attempt(() => acknowledge(dir, what, caller.session));
  }
}
