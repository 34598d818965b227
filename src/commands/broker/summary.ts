import { readSessionView } from "../../broker/store/read-session.ts";
import { collectSummary } from "./collect-summary.ts";
import { renderSummary } from "./render-summary.ts";
import { reportNow } from "./status.ts";
import type { Verb } from "./verb.ts";

/** The story of a session, for whoever comes back to it: what was asked, what came of it, and what is open. */
export const summary: Verb = {
  takes: "id",
  usage: "codex_broker summary ID",
  options: [],
  examples: [["codex_broker summary b-20261121-051103-m3xw", "what a session did so far, and what it waits for"]],
  async run(target, flags, io) {
    const view = await readSessionView(target.ref);
    const told = collectSummary(view, reportNow(view, io));
    io.stdout.write(flags.json ? `${JSON.stringify(told)}\n` : renderSummary(told));
    return 0;
  },
};
