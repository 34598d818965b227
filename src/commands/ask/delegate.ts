import { rmSync } from "node:fs";
import { launchBroker } from "../../broker/launch.ts";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import type { RunRequest } from "../../core/request.ts";
import { findCodex } from "../../engine/find-codex.ts";
import type { Layer } from "../../packet/effective.ts";
import { createRecord } from "../../run/create-record.ts";
import type { KeyHolder } from "../../run/run-keys.ts";
import { followRun } from "../follow-run.ts";
import type { Loudness } from "../progress.ts";
import { admit } from "./admit.ts";
import type { AskFlags } from "./flags.ts";
import { planRun } from "./plan-run.ts";
import type { FoundSession } from "./resolve-session.ts";

export interface Delegation {
  said: readonly Layer[];
  home: string;
  found: FoundSession | undefined;
  flags: AskFlags;
  /** Of the run that it goes on with. */
  before?: Pick<RunRequest, "schema" | "push">;
}

/** Whether nobody waits for the run that a call begins. */
export const isUnattended = (flags: Pick<AskFlags, "background" | "park">): boolean =>
  (flags.background ?? false) || (flags.park ?? false);

/** Plans a run, asks what may stand against it, writes it down and begins it; resolves with the exit code. */
export async function delegate(input: Delegation, io: Io): Promise<number> {
  const { said, home, found, flags, before } = input;
  const unattended = isUnattended(flags);
  if (flags["max-parallel"] !== undefined && !unattended)
    throw usageError("--max-parallel is for --background", "leave it out, or start the run in the background");
  const line = found?.line;
  const plan = { flags, said, home, session: found?.session, codex: findCodex(io.env), now: new Date(), unattended };
  const planned = await planRun(
    { ...plan, ...(line ? { line, running: true } : {}), ...(before ? { before } : {}) },
    io,
  );
  if (flags["dry-run"]) {
    const { renderDryRun } = await import("./render-dry-run.ts");
    io.stdout.write(renderDryRun(planned, { home, env: io.env, json: flags.json ?? false }));
    return 0;
  }
  const key = await keyOfCall(planned.request, flags);
  const earlier = key === undefined ? undefined : await findEarlier(home, planned.request, key);
  if (earlier) return attachTo(earlier, said, flags, io);
  const request = { ...(await admit(planned, input, io)), ...(key === undefined ? {} : { key }) };
  return line ? handOver(request, input, io) : begin(request, input, io);
}

/** The run goes to the broker of its session, which is live. */
async function handOver(request: RunRequest, { said, home, found, flags }: Delegation, io: Io): Promise<number> {
  if (request.key !== undefined) {
    const first = await claimKey(home, request, request.key);
    if (first) return attachTo(first, said, flags, io);
  }
  const about = { home, request, after: found?.after, announce: () => announce(request, flags, io) };
  const module = await import("./hand-over.ts");
  return isUnattended(flags)
    ? module.handOverAndLeave(about, flags.json ?? false, io)
    : module.handOver({ ...about, announced: announcedOf(request, flags), output: outputOf(flags) }, io);
}

/** The run gets a broker of its own. */
async function begin(request: RunRequest, { said, home, found, flags }: Delegation, io: Io): Promise<number> {
  const dir = createRecord(home, request);
  const undo = () => rmSync(dir, { recursive: true, force: true });
  if (request.key !== undefined) {
    const first = await claimKey(home, request, request.key);
    if (first) {
      undo();
      return attachTo(first, said, flags, io);
    }
  }
  if (request.packet.taskId !== undefined) {
    const { claimForRun } = await import("./claim-for-run.ts");
    claimForRun(home, request, found?.after, undo);
  }
  const launch = () => {
    announce(request, flags, io);
    return launchBroker({ program: io.brokerProgram, dir, env: io.env });
  };
  if (isUnattended(flags)) {
    const { startInBackground } = await import("./start-in-background.ts");
    return startInBackground({ request, dir, launch }, flags.json ?? false, io);
  }
  const announced = announcedOf(request, flags);
  return followRun(
    { runId: request.runId, dir, line: request, launch, announced, ownsRun: true, ...outputOf(flags) },
    io,
  );
}

/** The run that had the key first: followed as somebody else's, or only named. */
export async function attachTo(target: KeyHolder, said: readonly Layer[], flags: AskFlags, io: Io): Promise<number> {
  (await import("./keyed-run.ts")).warnAttached(target, flags, said, io);
  if (isUnattended(flags))
    return (await import("./start-in-background.ts")).tellEarlier(target, flags.json ?? false, io);
  return (await import("../wait-for-run.ts")).waitForRun(target, outputOf(flags), io);
}

async function keyOfCall(request: RunRequest, flags: AskFlags): Promise<string | undefined> {
  if (flags.key === undefined && !flags.once) return undefined;
  return (await import("./keyed-run.ts")).keyOf(flags, request);
}

const findEarlier = async (home: string, { workspace }: RunRequest, key: string) =>
  (await import("../../run/run-keys.ts")).findKeyHolder(home, workspace, key);

const claimKey = async (home: string, request: RunRequest, key: string) =>
  (await import("./keyed-run.ts")).claimKeyedRun(home, request, key);

/** The run's id at once, so that a client that is killed has said what to wait for; with --json on stderr. */
function announce(request: RunRequest, flags: AskFlags, io: Io): void {
  (flags.json ? io.stderr : io.stdout).write(`run_id=${request.runId}\n`);
  if (!flags.quiet) for (const warning of request.warnings) io.stderr.write(`warning: ${warning}\n`);
}

const announcedOf = (request: RunRequest, flags: AskFlags): readonly string[] => (flags.quiet ? [] : request.warnings);

export function outputOf(flags: AskFlags): { json: boolean; loudness: Loudness } {
  return { json: flags.json ?? false, loudness: flags.quiet ? "quiet" : flags.verbose ? "verbose" : "normal" };
}
