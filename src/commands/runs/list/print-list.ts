import type { Io } from "../../../cli/define.ts";
import { breakerView } from "../../../gate/breaker.ts";
import { stateHome } from "../../../sys/paths.ts";
import { locate } from "../../ask/locate.ts";
import type { Flags } from "../verb.ts";
import { breakerLine } from "./breaker-line.ts";
import { findRuns, wantedOf } from "./find-runs.ts";
import { listUsage } from "./list-usage.ts";
import { renderRuns } from "./render-runs.ts";

const SHOWN = 20;
const WIDTH = 100;

/** Prints the runs of this workspace or of all, the newest first; with `--usage` what they used. */
export async function printList(flags: Flags, io: Io): Promise<number> {
  const home = stateHome(io.env);
  const wanted = wantedOf(flags.state);
  const workspace = flags.all ? undefined : locate(undefined, io.cwd).workspace;
  const { limit, json = false } = flags;
  if (flags.usage) return listUsage(home, { workspace, wanted, json, ...(limit === undefined ? {} : { limit }) }, io);
  const found = await findRuns(home, { workspace, wanted, limit: limit ?? SHOWN });
  const breaker = workspace === undefined ? null : breakerView(home, workspace, new Date());
  const about = { workspace, width: widthOf(io.stdout), clockMs: Date.now(), breaker: breakerLine(breaker) };
  const { runs, more } = found;
  io.stdout.write(json ? `${JSON.stringify({ runs, more, breaker })}\n` : renderRuns(found, about));
  return 0;
}

/** As wide as the terminal, and no wider than what can be read at a glance. */
function widthOf(stdout: object): number {
  const known = "columns" in stdout && typeof stdout.columns === "number" ? stdout.columns : WIDTH;
  return Math.min(known, WIDTH);
}
