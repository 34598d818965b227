import { readSessionView, type SessionView } from "../../broker/store/read-session.ts";
import type { Io } from "../../cli/define.ts";
import { readNow } from "../../run/read-now.ts";
import { renderStatus } from "./render-status.ts";
import { reportStatus, type StatusReport } from "./report-status.ts";
import type { Verb } from "./verb.ts";

/** What a session does at this moment, from the disk alone: it is said in little, and when the broker hangs too. */
export const status: Verb = {
  takes: "id",
  usage: "codex_broker status ID",
  options: [],
  examples: [["codex_broker status b-20261121-051103-m3xw", "what Codex does now, in less than 600 bytes"]],
  async run(target, flags, io) {
    const report = reportNow(await readSessionView(target.ref), io);
    io.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : renderStatus(report));
    return 0;
  },
};

/** The events are read only for a run that goes on: how another one ended stands in its receipt. */
export function reportNow(view: SessionView, io: Io): StatusReport {
  const now = view.run && view.run.view.state !== "ended" ? readNow(view.run.dir) : undefined;
  return reportStatus(view, now, Date.now(), io.self);
}
