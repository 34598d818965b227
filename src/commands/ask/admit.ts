import type { Io } from "../../cli/define.ts";
import type { RunRequest } from "../../core/request.ts";
import type { AskFlags } from "./flags.ts";
import type { PlannedRun } from "./plan-run.ts";
import type { FoundSession } from "./resolve-session.ts";

export interface Admission {
  home: string;
  found: FoundSession | undefined;
  flags: Pick<AskFlags, "force" | "park" | "quiet">;
}

/**
 * The request of a planned run that nothing stands against, with what the gates found; else refused (75), before
 * anything of it is written.
 */
export async function admit(planned: PlannedRun, { home, found, flags }: Admission, io: Io): Promise<RunRequest> {
  const { request, sources, quotaGate } = planned;
  const { workspace, runId, codex, background } = request;
  const { passGates } = await import("./pass-gates.ts");
  const { force = false, park = false, quiet = false } = flags;
  const asked = { quotaGate, quotaSaid: sources.quotaGate !== undefined, force, park, quiet };
  const { quota, notBefore } = await passGates({ home, workspace, runId, codex, ...asked }, io);
  // Loaded where there is a scope: most runs have none.
  if (request.power.scope.length > 0)
    await (await import("./refuse-overlap.ts")).refuseOverlap(home, request, found?.session, io);
  return { ...request, quota, ...(background ? { background: { ...background, notBefore } } : {}) };
}
