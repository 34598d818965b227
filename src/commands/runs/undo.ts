import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, usageError } from "../../core/errors.ts";
import { type AuditChange, PolicyRecord } from "../../core/policy.ts";
import type { Receipt } from "../../core/record.ts";
import type { LeftPath, UndonePath, UndoRound } from "../../core/undo.ts";
import type { StorePlace } from "../../policy/trees/git.ts";
import { applyUndo } from "../../policy/undo/apply-undo.ts";
import { headMovedSince } from "../../policy/undo/head-moved.ts";
import { lookForUndo } from "../../policy/undo/look-for-undo.ts";
import { type Left, planUndo } from "../../policy/undo/plan-undo.ts";
import { readRun } from "../../run/read-run.ts";
import { parseFile } from "../../run/record.ts";
import { renderUndo, type UndoReport } from "./render-undo.ts";
import type { Target } from "./target.ts";
import { addUndoRound, readUndoRecord, withUndoLock } from "./undo-record.ts";
import type { Flags, Verb } from "./verb.ts";

/** Takes back what a run changed and nobody changed since, byte for byte. Exits with 1 when something had to be left. */
export const undo: Verb = {
  takes: "id",
  usage: "codex_runs undo ID [--out-of-scope] [--dry-run]",
  options: ["out-of-scope", "dry-run"],
  examples: [
    ["codex_runs undo r-20261121-051103-k7qz --dry-run", "what would be taken back, and what would be left alone"],
    ["codex_runs undo r-20261121-051103-k7qz", "take back all that the run changed and nobody changed since"],
    ["codex_runs undo r-20261121-051103-k7qz --out-of-scope", "after exit 5: only what it was not allowed to change"],
  ],
  async run(target, flags, io) {
    const receipt = await receiptOf(target);
    const record = policyOf(target, receipt);
    expectWorkspace(receipt.workspace);
    const place: StorePlace = { workspace: receipt.workspace, dir: join(target.dir, "tree"), env: io.env };
    const notes = await notesOf(record, receipt, place);
    const round = flags["dry-run"]
      ? await roundOf(place, target.runId, record, flags)
      : await withUndoLock(target.dir, async () => {
          const before = readUndoRecord(target.dir, target.runId);
          const done = await roundOf(place, target.runId, record, flags);
          addUndoRound(target.dir, before, done);
          return done;
        });
    return print({ run_id: target.runId, dry_run: flags["dry-run"] ?? false, ...round, notes }, flags, io);
  },
};

async function receiptOf(target: Target): Promise<Receipt> {
  const view = await readRun(target.dir);
  if (view.state === "ended") return view.receipt;
  throw new AskCodexError(
    "refused",
    `run ${target.runId} is ${view.state}: what it does can be taken back when it is over`,
    {
      hint: `codex_runs wait ${target.runId}, or codex_runs cancel ${target.runId}`,
    },
  );
}

/** Without an audit there is nothing to go by, and calling again does not help: bad input, and nothing is touched. */
function policyOf(target: Target, receipt: Receipt): PolicyRecord {
  const path = join(target.dir, "policy.json");
  const hint = "git status and git diff show what is not committed; take it back by hand";
  if (!existsSync(path))
    throw usageError(`nobody knows what run ${target.runId} changed: it is ${receipt.verdict}, and has no audit`, hint);
  const record = parseFile(path, PolicyRecord);
  if (record.status === "unknown" && record.trees.after === null)
    throw usageError(`nobody knows what run ${target.runId} changed: ${record.not_covered.join("; ")}`, hint);
  return record;
}

function expectWorkspace(workspace: string): void {
  if (!lstatSync(workspace, { throwIfNoEntry: false })?.isDirectory())
    throw usageError(`the workspace ${workspace} is not there any more`, "put it back where it was");
}

async function roundOf(place: StorePlace, runId: string, record: PolicyRecord, flags: Flags): Promise<UndoRound> {
  const options = { outOfScope: flags["out-of-scope"] ?? false };
  const plan = planUndo(record, await lookForUndo(place, record, options), options);
  const { restored, failed } = flags["dry-run"]
    ? { restored: plan.restore, failed: [] }
    : await applyUndo(place, runId, plan);
  return {
    at: new Date().toISOString(),
    out_of_scope: options.outOfScope,
    restored: restored.map(named),
    already: plan.already.map(named),
    conflicts: [...plan.conflicts, ...failed].map(left),
    not_kept: plan.unkept.map(left),
  };
}

const named = ({ path, path_base64, change, from, from_base64 }: AuditChange): UndonePath => ({
  path,
  change,
  ...(path_base64 === undefined ? {} : { path_base64 }),
  ...(from === undefined ? {} : { from }),
  ...(from_base64 === undefined ? {} : { from_base64 }),
});

const left = ({ change, reason }: Left): LeftPath => ({ ...named(change), reason });

async function notesOf(record: PolicyRecord, receipt: Receipt, place: StorePlace): Promise<string[]> {
  return [
    ...(record.head_moved ? ["the run moved HEAD; undo restores files, and leaves commits and branches alone"] : []),
    ...((await headMovedSince(place, new Date(receipt.ended_at)))
      ? ["HEAD moved since the run; undo looks at files only, so git shows what it restores as changes"]
      : []),
  ];
}

function print(report: UndoReport, flags: Flags, io: Io): number {
  const code = report.conflicts.length + report.not_kept.length > 0 ? 1 : 0;
  io.stdout.write(flags.json ? `${JSON.stringify({ ...report, exit_code: code })}\n` : renderUndo(report));
  return code;
}
