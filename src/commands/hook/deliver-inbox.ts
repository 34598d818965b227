import type { Io } from "../../cli/define.ts";
import { markTold, wasTold } from "../../inbox/item-store.ts";
import { type TakenItem, takeItems } from "../../inbox/take-items.ts";
import { attempt } from "../../sys/files.ts";
import { describeItem, renderItem } from "../runs/inbox-render.ts";
import { inboxOf } from "../runs/inbox-show.ts";

/** Under 500 tokens; what does not fit comes with the next prompt. */
const MAX_BYTES = 1_900;
/** Who has claimed an item and not told it by then was killed: it is told again. */
const TELLING_MS = 60_000;

export interface Delivery {
  /** "" where there is nothing. */
  text: string;
  /** To be called when the text has left this process. */
  told(): void;
}

export const NO_DELIVERY: Delivery = { text: "", told: () => {} };

/**
 * What the session has to be told, each thing once: of two hooks that ask at the same moment one gets it. What was told is
 * acknowledged at the end of the turn (`acknowledgeDelivered`).
 */
export async function deliverInbox(io: Io): Promise<Delivery> {
  const where = inboxOf({}, io);
  if (where.caller === null) return NO_DELIVERY;
  const about = { self: io.self, person: false, all: false };
  const render = (items: readonly TakenItem[]) =>
    items.map((item) => renderItem(describeItem(item, about), about)).join("\n");
  const { items, more } = await takeItems({
    ...where,
    fits: (some) => some.length === 1 || Buffer.byteLength(render(some)) <= MAX_BYTES,
    leaveOut: ({ dir, what }, { at }) => wasTold(dir, what) || where.now - Date.parse(at) < TELLING_MS,
  });
  if (items.length === 0) return NO_DELIVERY;
  const rest = more === 0 ? "" : ` (${more} more with the next prompt, or now: ${io.self("codex_runs")} inbox)`;
  return {
    text: `Background runs of Codex have ended or ask${rest}:\n\n${render(items)}`,
    told() {
      for (const { dir, what } of items) attempt(() => markTold(dir, what));
    },
  };
}
