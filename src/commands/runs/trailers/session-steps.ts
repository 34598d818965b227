import { basename, dirname, join } from "node:path";
import { type AuditChange, PolicyRecord } from "../../../core/policy.ts";
import type { Receipt } from "../../../core/record.ts";
import type { UndonePath } from "../../../core/undo.ts";
import { type PathKey, textOf } from "../../../policy/trees/path-key.ts";
import { fromKey, toKey } from "../../../policy/undo/change-paths.ts";
import { parseIfThere, readReceipt } from "../../../run/record.ts";
import { readSession } from "../../../run/session-record.ts";
import { attempt } from "../../../sys/files.ts";
import { homeOfRecord } from "../../../sys/paths.ts";
import { readUndoRecord } from "../undo-record.ts";
import type { Step } from "./judge-authors.ts";

/** What the runs of a session did: a path's steps in their order, and the receipts by run id. */
export interface SessionSteps {
  steps: ReadonlyMap<PathKey, readonly Step[]>;
  receipts: ReadonlyMap<string, Receipt>;
}

/**
 * Collects it from a run and the other runs of its session: a review loop is several of them, all Codex's. One of the
 * others that can't be read, or that nobody audited, says nothing.
 */
export function sessionSteps(dir: string, receipt: Receipt, record: PolicyRecord): SessionSteps {
  const session = attempt(() => readSession(homeOfRecord(dir), receipt.workspace, receipt.broker_id));
  const runIds = session?.runs.includes(receipt.run_id) ? session.runs : [receipt.run_id];
  const steps = new Map<PathKey, Step[]>();
  const receipts = new Map<string, Receipt>();
  for (const runId of runIds) {
    const own = runId === receipt.run_id;
    const at = own ? dir : join(dirname(dir), basename(runId));
    const told = own ? receipt : attempt(() => readReceipt(at));
    const policy = own ? record : attempt(() => parseIfThere(join(at, "policy.json"), PolicyRecord));
    if (!told || !policy) continue;
    receipts.set(runId, told);
    for (const [path, step] of stepsOf(at, runId, policy)) steps.set(path, [...(steps.get(path) ?? []), step]);
  }
  return { steps, receipts };
}

/** What one run did and nobody took back since. */
function stepsOf(dir: string, runId: string, record: PolicyRecord): [PathKey, Step][] {
  const dirty = new Set(record.dirty_before);
  const rounds = attempt(() => readUndoRecord(dir, runId))?.rounds ?? [];
  const undone = new Set(rounds.flatMap((round) => round.restored.map(nameOf)));
  const told = [...record.changed, ...record.out_of_scope];
  const paths = new Set(told.map(toKey));
  const ignored = record.ignored.changed.filter((change) => !paths.has(toKey(change)));
  const step = (path: PathKey, before: Step["before"], after: Step["after"]): [PathKey, Step] => [
    path,
    { runId, before, after, wasDirty: dirty.has(textOf(path)) },
  ];
  return [...told, ...ignored]
    .filter((change) => !undone.has(nameOf(change)))
    .flatMap((change) => {
      const from = fromKey(change);
      const path = toKey(change);
      const after = change.change === "deleted" ? null : (change.blob_after ?? undefined);
      if (from === undefined) return [step(path, beforeOf(change), after)];
      return [step(from, change.blob_before ?? undefined, null), step(path, null, after)];
    });
}

const nameOf = ({ path, path_base64: bytes }: UndonePath): string => bytes ?? path;

const beforeOf = ({ change, blob_before: blob }: AuditChange): Step["before"] =>
  change === "created" ? null : (blob ?? undefined);
