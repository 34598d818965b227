import type { Io } from "../../cli/define.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Where } from "../../inbox/find-items.ts";
import { type TakenItem, takeItems } from "../../inbox/take-items.ts";
import { stateHome } from "../../sys/paths.ts";
import { locate } from "../ask/locate.ts";
import { claudeOf } from "../ask/plan-background.ts";
import { ackCommand, describeItem, renderInbox } from "./inbox-render.ts";
import type { Flags } from "./verb.ts";

/** With its last line under 4 KB: it is put before Claude again and again until it is acknowledged. */
const MAX_BYTES = 4_000;

/** Whose inbox it is and where it is looked at. */
export const inboxOf = (flags: Flags, io: Io): Where => ({
  home: stateHome(io.env),
  workspace: flags.all ? "all" : locate(undefined, io.cwd).workspace,
  caller: claudeOf(io.env),
  now: Date.now(),
});

/** Prints what the caller is due, and how to acknowledge it. Until then it is shown again. */
export async function showInbox(flags: Flags, io: Io): Promise<number> {
  const where = inboxOf(flags, io);
  const about = { self: io.self, person: where.caller === null, all: flags.all ?? false };
  // Room for a count that is not known yet.
  const fits = (items: readonly TakenItem[]) =>
    items.length === 1 || Buffer.byteLength(renderInbox(items, 9_999, about)) <= MAX_BYTES;
  const { items, more, faults } = await takeItems({ ...where, fits });
  for (const fault of faults) io.stderr.write(`codex_runs: ${oneLine(fault)}\n`);
  io.stdout.write(
    flags.json
      ? `${JSON.stringify({ items: items.map((item) => describeItem(item, about)), more, ack: ackCommand(items, about) })}\n`
      : renderInbox(items, more, about),
  );
  return 0;
}
