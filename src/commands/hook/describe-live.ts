import type { Io } from "../../cli/define.ts";
import { stateHome, workspaceDir } from "../../sys/paths.ts";
import { locate } from "../ask/locate.ts";
import { cutBytes } from "../broker/fit-lines.ts";
import { type ListedSession, listedSession } from "../broker/render-list.ts";
import { surveySessions } from "../broker/survey-sessions.ts";

const MOST = 5;
const LINE_BYTES = 160;
/** A run that has no thread yet counts among the ended ones at a glance, as the newest. */
const JUST_BEGUN = 3;

/** The sessions and runs that go on in the workspace, a line each; "" where none does. */
export async function describeLive(io: Io): Promise<string> {
  const { workspace } = locate(undefined, io.cwd);
  const home = stateHome(io.env);
  const { live } = await surveySessions(home, [workspaceDir(home, workspace)], JUST_BEGUN);
  if (live.length === 0) return "";
  const lines = live.slice(0, MOST).map((one) => lineOf(listedSession(one, Date.now())));
  const rest = live.length > MOST ? [`… ${live.length - MOST} more: ${io.self("codex_broker")} list`] : [];
  const how = `They go on by themselves. ${io.self("codex_runs")} wait RUN_ID, ${io.self("codex_broker")} stop BROKER_ID`;
  return `${["Codex goes on in this workspace:", ...lines, ...rest, how].join("\n")}\n`;
}

function lineOf({ broker_id, run_id, name, status, for_s, goal }: ListedSession): string {
  const named = name === null ? "" : ` name=${name}`;
  return cutBytes(
    `broker_id=${broker_id} run_id=${run_id ?? "none"}${named} ${status} for ${for_s} s: ${goal}`,
    LINE_BYTES,
  );
}
