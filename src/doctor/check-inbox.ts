import { join } from "node:path";
import { workspaceKeyDirs } from "../broker/store/list-sessions.ts";
import { isRunId } from "../core/ids.ts";
import { isUndelivered } from "../inbox/is-undelivered.ts";
import { listDir } from "../run/record.ts";
import { attempt, isThere } from "../sys/files.ts";
import { inboxDir } from "../sys/paths.ts";
import { type Check, finding, ok } from "./check.ts";

/** Ends of background runs that nobody has read. */
export const checkInbox: Check = {
  id: "inbox",
  title: "Inbox",
  run({ home, self }) {
    const unread = workspaceKeyDirs(home()).flatMap((key) =>
      listDir(join(key, "runs"))
        .filter(isRunId)
        .filter((id) => isUnread(join(key, "runs", id))),
    );
    if (unread.length === 0) return ok("everything is read");
    const many =
      unread.length === 1 ? `the end of ${unread[0]} is` : `the ends of ${unread.length} background runs are`;
    return finding("warn", `${many} not read yet`, `${self("codex_runs")} inbox --all`);
  },
};

/** Of a run that nobody started in the background nothing is read. */
const isUnread = (dir: string): boolean => isThere(inboxDir(dir)) && (attempt(() => isUndelivered(dir)) ?? false);
