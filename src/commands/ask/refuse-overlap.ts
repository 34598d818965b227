import { join } from "node:path";
import type { Io } from "../../cli/define.ts";
import { AskCodexError } from "../../core/errors.ts";
import { PolicyRecord } from "../../core/policy.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { RunRequest } from "../../core/request.ts";
import { dirtyInScope } from "../../policy/dirty-overlap.ts";
import { findRunDir, parseFile } from "../../run/record.ts";
import { isThere } from "../../sys/files.ts";
import { oneLinePath } from "../render-receipt.ts";

const SHOWN = 5;

/**
 * Refuses (75) a run whose write scope has files with uncommitted changes: whose work is whose could not be told any
 * more. What earlier runs of the same session left, and nobody touched since, is the session's own and no reason.
 */
export async function refuseOverlap(
  home: string,
  request: RunRequest,
  session: SessionRecord | undefined,
  io: Io,
): Promise<void> {
  if (request.packet.allowDirtyOverlap || !request.git) return;
  const dirty = await dirtyInScope(request.workspace, request.power.scope, io.env);
  // Where git can't say, the audit will say why.
  if (!dirty || dirty.length === 0) return;
  const own = ownChanges(home, session);
  const within = (path: string) => own.has(path) || [...own.keys()].some((one) => one.startsWith(`${path}/`));
  const others = dirty.filter(({ path, kind, blob }) =>
    kind === "directory" ? !within(path) : !own.has(path) || own.get(path) !== blob,
  );
  if (others.length === 0) return;
  const names = others.slice(0, SHOWN).map(({ path }) => oneLinePath(path));
  const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : "";
  throw new AskCodexError("refused", `the write scope has files with uncommitted changes: ${names.join(", ")}${more}`, {
    hint: "commit or stash them first, or go on all the same with --allow-dirty-overlap",
  });
}

/** What the runs of a session left behind: path → blob, null for a file that they deleted; the latest run counts. */
function ownChanges(home: string, session: SessionRecord | undefined): Map<string, string | null> {
  const own = new Map<string, string | null>();
  for (const runId of session?.runs ?? []) {
    const path = join(findRunDir(home, runId) ?? "", "policy.json");
    if (!isThere(path)) continue;
    const { changed, out_of_scope: outside } = parseFile(path, PolicyRecord);
    for (const change of [...changed, ...outside]) {
      own.set(change.path, change.blob_after);
      if (change.from !== undefined) own.set(change.from, null);
    }
  }
  return own;
}
