import { resolve } from "node:path";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { draftFromUnit } from "../../packet/draft-from-unit.ts";
import { listUnits, readPlan } from "../../packet/plan.ts";
import { renderPacket } from "../../packet/render-packet.ts";
import { oneLinePath } from "../render-receipt.ts";
import type { AskFlags } from "./flags.ts";

/** Shows the units of a plan that are meant for Codex, or the packet of one of them. Starts and writes nothing. */
export async function showPlan(flags: AskFlags, positionals: readonly string[], io: Io): Promise<number> {
  const asked = flags["list-units"] ? "--list-units" : "--draft-packet";
  if (flags["list-units"] && flags["draft-packet"])
    throw usageError("--list-units and --draft-packet ask for different things", "give one of them");
  if (flags.plan === undefined) throw usageError(`${asked} needs a plan`, "name it with --plan FILE");
  if (positionals.length > 0) throw usageError(`${asked} starts nothing and takes no goal`, "leave the goal out");
  const plan = await readPlan(resolve(io.cwd, flags.plan));
  if (flags["list-units"]) {
    const units = listUnits(plan).map(({ id, title, line }) => ({ id, title, line }));
    const lines = units.map(({ id, title, line }) => `${id}\t${oneLinePath(title)} (line ${line})`);
    const none = `no unit of ${flags.plan} says "Execution target: external-delegate"`;
    io.stdout.write(
      flags.json
        ? `${JSON.stringify({ plan: plan.path, units })}\n`
        : `${lines.length > 0 ? lines.join("\n") : none}\n`,
    );
    return 0;
  }
  const unit = flags["task-id"];
  if (unit === undefined) throw usageError("--draft-packet needs a unit of the plan", "name it with --task-id ID");
  const draft = draftFromUnit(plan, unit);
  io.stdout.write(flags.json ? `${JSON.stringify(draft)}\n` : renderPacket(draft));
  return 0;
}
