import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import type { AnyVerdict } from "../core/exit-table.ts";
import { redact } from "../core/redact.ts";
import { isThere } from "../sys/files.ts";
import { makeLastingDir, makeOnce } from "../sys/lasting-files.ts";
import { runDir, workspaceDir } from "../sys/paths.ts";
import { toJson } from "./create-record.ts";
import { latestNumber } from "./numbered-file.ts";
import { readRun } from "./read-run.ts";
import { parseFile } from "./record.ts";

/** run-keys/<sha256 of the key>/<n>.json: the n-th run that was started with a key. */
const RunKeyClaim = z.strictObject({
  version: z.literal(1),
  /** For a reader; what looks like a secret is taken out. */
  key: z.string(),
  run_id: z.string(),
  /** sha256 of the task, so that a start with another one can be told. */
  digest: z.string(),
});
type RunKeyClaim = z.infer<typeof RunKeyClaim>;

/** A run that has a key. */
export interface KeyHolder {
  runId: string;
  dir: string;
  digest: string;
}

/** These ends answer nothing: whoever asks again is to get a run. */
const FREEING: ReadonlySet<AnyVerdict> = new Set(["lost", "killed", "fatal", "refused", "cancelled", "usage"]);

/**
 * The run that a key of this workspace stands for: at work, waiting for an answer, or ended with a result. Undefined
 * where nobody has it, and where who had it is gone or ended without one.
 */
export async function findKeyHolder(home: string, workspace: string, key: string): Promise<KeyHolder | undefined> {
  return (await latestHolder(home, workspace, key)).holder;
}

/**
 * Takes a key for a run whose record is there already, or tells whose it is. Each run makes a file with the next number,
 * and making it fails for the second of two: no lock can be left behind, and nothing is ever taken away. A record comes
 * before its claim, so that a claim without one is a run that was given up.
 */
export async function claimRunKey(
  home: string,
  workspace: string,
  key: string,
  mine: { runId: string; digest: string },
): Promise<KeyHolder | undefined> {
  const dir = keyDir(home, workspace, key);
  makeLastingDir(dir);
  const claim: RunKeyClaim = { version: 1, key: redact(key), run_id: mine.runId, digest: mine.digest };
  for (;;) {
    const { at, holder } = await latestHolder(home, workspace, key);
    if (holder) return holder.runId === mine.runId ? undefined : holder;
    if (makeOnce(join(dir, `${at + 1}.json`), toJson(claim))) return undefined;
  }
}

/** A key is any text, so its folder has the name of its hash. */
const keyDir = (home: string, workspace: string, key: string): string =>
  join(workspaceDir(home, workspace), "run-keys", createHash("sha256").update(key).digest("hex"));

async function latestHolder(
  home: string,
  workspace: string,
  key: string,
): Promise<{ at: number; holder: KeyHolder | undefined }> {
  const folder = keyDir(home, workspace, key);
  const at = latestNumber(folder);
  if (at === 0) return { at, holder: undefined };
  const { run_id: runId, digest } = parseFile(join(folder, `${at}.json`), RunKeyClaim);
  const dir = runDir(home, workspace, runId);
  return { at, holder: (await isFree(dir)) ? undefined : { runId, dir, digest } };
}

async function isFree(dir: string): Promise<boolean> {
  if (!isThere(join(dir, "request.json"))) return true;
  const view = await readRun(dir);
  return view.state === "ended" && FREEING.has(view.receipt.verdict);
}
