import { createHash } from "node:crypto";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import type { Packet } from "../../core/packet.ts";
import { redact } from "../../core/redact.ts";
import type { RunRequest } from "../../core/request.ts";
import type { Draft } from "../../packet/draft.ts";
import { effective, type Layer } from "../../packet/effective.ts";
import { claimRunKey, findKeyHolder, type KeyHolder } from "../../run/run-keys.ts";
import type { AskFlags } from "./flags.ts";
import { locate } from "./locate.ts";

/**
 * The run that a call with --key stands for already. It is asked before anything else of the call is looked at: a start
 * that is repeated must find its run whatever has become of the session, the task or Codex meanwhile. Refuses (64) what
 * contradicts a key. --key goes with --task-id: the key means this one start of the task, the task every start of it.
 */
export async function findFirst(
  home: string,
  flags: AskFlags,
  said: readonly Layer[],
  io: Io,
): Promise<KeyHolder | undefined> {
  const name = flags.key === undefined ? "--once" : "--key";
  if (flags.key !== undefined && flags.once)
    throw usageError("--key and --once both say what the start is known by", "give one of them");
  if (flags.session !== undefined)
    throw usageError(`${name} is for a new session, and --session names an old one`, "give one of them");
  const { taskId, workspace } = effective(said).values;
  if (flags.once && taskId !== undefined)
    throw usageError(
      `--once can't tell a repeated start of the task ${taskId} from its next one`,
      "name the start with --key KEY",
    );
  if (flags.key === undefined || flags["dry-run"]) return undefined;
  return findKeyHolder(home, locate(workspace, io.cwd).workspace, flags.key);
}

/** What a start is known by: the caller's own word, or with --once all that decides what the run would do. */
export function keyOf(flags: Pick<AskFlags, "key" | "once">, request: RunRequest): string | undefined {
  if (!flags.once) return flags.key;
  const { packet, power, engine, model, reasoning, schema } = request;
  return `once:${sha256(JSON.stringify([packet, power, engine, model, reasoning, schema]))}`;
}

/** Takes the key for a run whose record is written; resolves with the run that was first, if there is one. */
export async function claimKeyedRun(home: string, request: RunRequest, key: string): Promise<KeyHolder | undefined> {
  const { workspace, runId, brokerId, live } = request;
  if (live)
    throw usageError(
      `--key is for a start, and the session ${brokerId} is live: its runs begin as messages`,
      `leave the key out, or stop the session first`,
    );
  return claimRunKey(home, workspace, key, { runId, digest: digestOf(request.packet) });
}

/** What is about the output of a call, or about how it waits, and not about the run. */
const FOR_CALL = new Set(["key", "once", "workspace", "task-id", "packet", "json", "quiet", "verbose", "background"]);

/** Says that nothing was started, and what of the call could not matter any more. */
export function warnAttached(first: KeyHolder, flags: AskFlags, said: readonly Layer[], io: Io): void {
  if (flags.quiet) return;
  const by = flags.once ? "with this packet" : "with this key";
  io.stderr.write(
    `warning: nothing was started: ${first.runId} was started ${by} before, and this call attaches to it\n`,
  );
  if (first.digest !== digestOf(effective(said).values))
    io.stderr.write(`warning: the packet of ${first.runId} is another one; for this one, take another key\n`);
  const unused = Object.keys(flags).filter((name) => !FOR_CALL.has(name));
  if (unused.length > 0) io.stderr.write(`warning: --${unused.join(", --")} can't change that run\n`);
}

/** The digest of the task itself, the same for what a call says and for the packet that it becomes. */
function digestOf({ goal, files, nonGoals, deliverable, context }: Draft | Packet): string {
  return sha256(JSON.stringify([redact(goal ?? ""), files ?? [], nonGoals ?? [], deliverable, context]));
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
