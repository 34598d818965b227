import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { AskCodexError, messageOf } from "../core/errors.ts";
import { isRunId } from "../core/ids.ts";
import { Receipt, RunStatus } from "../core/record.ts";
import { redact } from "../core/redact.ts";
import { RunRequest } from "../core/request.ts";
import { readIfThere, writeWhole } from "../sys/files.ts";
import { toJson, writeStatus } from "./create-record.ts";

export const readRequest = (dir: string): RunRequest => parseFile(join(dir, "request.json"), RunRequest);
export const readStatus = (dir: string): RunStatus => parseFile(join(dir, "status.json"), RunStatus);

/** The receipt of a run, or undefined while it has none. */
export function readReceipt(dir: string): Receipt | undefined {
  return existsSync(join(dir, "result.json")) ? parseFile(join(dir, "result.json"), Receipt) : undefined;
}

/** Ends a run: the answer, then the state, and last the receipt, which makes all of it true. */
export function writeReceipt(dir: string, receipt: Receipt): void {
  writeWhole(join(dir, "result.md"), `${redact(receipt.answer)}\n`);
  const status = readStatus(dir);
  const { question: _, ...ended } = status;
  writeStatus(dir, { ...ended, state: "ended", updatedAt: receipt.ended_at });
  writeWhole(join(dir, "result.json"), redact(toJson(receipt)));
}

/** The folder of a run, found by its id alone, whatever the current directory is. */
export function findRunDir(home: string, runId: string): string | undefined {
  // The id comes from a command line: `..` is a folder too.
  if (!isRunId(runId)) return undefined;
  const root = join(home, "workspaces");
  return listDir(root)
    .map((workspace) => join(root, workspace, "runs", runId))
    .find((dir) => existsSync(dir));
}

export function listDir(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** A file of ours, checked; one that does not parse is named and left alone. */
export function parseFile<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  const found = parseIfThere(path, schema);
  if (found === undefined) throw new AskCodexError("failed", `the record is incomplete: ${path} is missing`);
  return found;
}

/** The same for a file that may not be there: undefined when it is not. */
export function parseIfThere<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    refuseNewer(path, value);
    return schema.parse(value);
  } catch (error) {
    if (error instanceof AskCodexError) throw error;
    throw new AskCodexError("failed", `${path} is not what ask-codex wrote; it was left alone (${whyUnfit(error)})`, {
      cause: error,
    });
  }
}

/** A record of tomorrow is no broken one: whoever meets it must be told what helps. */
function refuseNewer(path: string, value: unknown): void {
  if (typeof value !== "object" || value === null || !("version" in value)) return;
  const { version } = value;
  if (typeof version === "number" && version > RECORD_VERSION)
    throw new AskCodexError("failed", `${path} was written by a newer ask-codex (version ${version}): update this one`);
}

const RECORD_VERSION = 1;

function whyUnfit(error: unknown): string {
  const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
  return issue ? `${issue.path.join(".") || "the whole"}: ${issue.message}` : messageOf(error);
}
