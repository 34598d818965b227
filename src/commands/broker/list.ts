import { workspaceKeyDirs } from "../../broker/store/list-sessions.ts";
import { usageError } from "../../core/errors.ts";
import { stateHome, workspaceDir } from "../../sys/paths.ts";
import { locate } from "../ask/locate.ts";
import { listedSession, renderList } from "./render-list.ts";
import { surveySessions } from "./survey-sessions.ts";
import type { Verb } from "./verb.ts";

const ENDED_SHOWN = 20;

/** The sessions of a workspace, those that live first; a record that can't be read is named and hides no other. */
export const list: Verb = {
  takes: "nothing",
  usage: "codex_broker list [--all | --workspace DIR]",
  options: ["all", "workspace"],
  examples: [["codex_broker list --all", "every session that lives, and the newest that ended"]],
  async run(flags, io) {
    if (flags.all && flags.workspace !== undefined)
      throw usageError("--all and --workspace contradict each other", "leave one of them out");
    const home = stateHome(io.env);
    const workspace = flags.all ? undefined : locate(flags.workspace, io.cwd).workspace;
    const dirs = workspace === undefined ? workspaceKeyDirs(home) : [workspaceDir(home, workspace)];
    const survey = await surveySessions(home, dirs, ENDED_SHOWN);
    const clockMs = Date.now();
    const sessions = [...survey.live, ...survey.ended].map((one) => listedSession(one, clockMs));
    for (const { broker_id: id, reason } of survey.broken)
      io.stderr.write(`codex_broker: ${id} was left out: ${reason}\n`);
    const { older, broken } = survey;
    io.stdout.write(
      flags.json ? `${JSON.stringify({ sessions, older, broken })}\n` : renderList({ sessions, older, workspace }),
    );
    return 0;
  },
};
