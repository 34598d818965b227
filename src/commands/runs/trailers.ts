import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Io } from "../../cli/define.ts";
import { AskCodexError, usageError } from "../../core/errors.ts";
import { PolicyRecord } from "../../core/policy.ts";
import type { Receipt } from "../../core/record.ts";
import { textOf } from "../../policy/trees/path-key.ts";
import { readRun } from "../../run/read-run.ts";
import { parseIfThere } from "../../run/record.ts";
import { findGitRoot } from "../../sys/paths.ts";
import type { Target } from "./target.ts";
import { judgeAuthors } from "./trailers/judge-authors.ts";
import { pendingCommit } from "./trailers/pending-commit.ts";
import { fileLines, type Judged, namesOf, trailersOf } from "./trailers/render-trailers.ts";
import { sessionSteps } from "./trailers/session-steps.ts";

/**
 * Prints the trailers for a commit of what is staged, or else of all that is uncommitted: by Codex what has the
 * content that a run of the session left, by Claude what no run touched, by both what was changed before or since.
 */
export async function printTrailers(target: Target, json: boolean, io: Io): Promise<number> {
  const receipt = await receiptOf(target);
  const { workspace } = receipt;
  expectGit(workspace);
  const record = auditOf(target, receipt);
  const { steps, receipts } = sessionSteps(target.dir, receipt, record);
  const pending = await pendingCommit({ workspace, env: io.env }, formatOf(record), (path) => steps.has(path));
  if (pending.files.size === 0)
    throw usageError(`there is nothing to commit in ${workspace}`, "ask before the commit, not after it");
  const files: Judged = new Map(
    [...pending.files].map(([path, file]) => [path, judgeAuthors(steps.get(path) ?? [], file)]),
  );
  const trailers = trailersOf(files, receipts);
  if (json) {
    const named = [...files].map(([path, authors]) => ({
      path: textOf(path),
      by: namesOf(authors),
      runs: authors.runs,
    }));
    io.stdout.write(`${JSON.stringify({ run_id: target.runId, from: pending.from, files: named, trailers })}\n`);
  } else {
    io.stderr.write(`${[`# from the ${pending.from}:`, ...fileLines(files)].join("\n")}\n`);
    io.stdout.write(`${trailers.join("\n")}\n`);
  }
  return 0;
}

async function receiptOf({ runId, dir }: Target): Promise<Receipt> {
  const view = await readRun(dir);
  if (view.state === "ended") return view.receipt;
  throw new AskCodexError("refused", `run ${runId} is ${view.state}: who wrote what is known when it is over`, {
    hint: `codex_runs wait ${runId}, or codex_runs cancel ${runId}`,
  });
}

function expectGit(workspace: string): void {
  if (!lstatSync(workspace, { throwIfNoEntry: false })?.isDirectory())
    throw usageError(`the workspace ${workspace} is not there any more`, "put it back where it was");
  if (findGitRoot(workspace) === undefined)
    throw usageError(`${workspace} is no git repository, so there is nothing to commit`, "trailers are for a commit");
}

/** Without an audit there is nothing to go by. */
function auditOf({ runId, dir }: Target, { verdict }: Receipt): PolicyRecord {
  const record = parseIfThere(join(dir, "policy.json"), PolicyRecord);
  const why =
    record === undefined
      ? `it is ${verdict}, and has no audit`
      : record.status === "unknown" && record.trees.after === null
        ? record.not_covered.join("; ")
        : undefined;
  if (record !== undefined && why === undefined) return record;
  throw usageError(`nobody knows what run ${runId} changed: ${why}`, "say in the commit message who wrote what");
}

const formatOf = ({ trees }: PolicyRecord): "sha1" | "sha256" =>
  (trees.before ?? trees.after)?.length === 64 ? "sha256" : "sha1";
