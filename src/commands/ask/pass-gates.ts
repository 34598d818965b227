import { createHash } from "node:crypto";
import type { Io } from "../../cli/define.ts";
import { AskCodexError } from "../../core/errors.ts";
import type { QuotaFinding, RunRequest } from "../../core/request.ts";
import { passBreaker } from "../../gate/breaker.ts";
import { type AccountAnswer, checkQuota, type QuotaState } from "../../gate/quota.ts";

export interface GateInput {
  home: string;
  workspace: string;
  runId: string;
  codex: RunRequest["codex"];
  /** Percent of a usage limit from which nothing is started, and whether somebody asked for it by name. */
  quotaGate: number;
  quotaSaid: boolean;
  force: boolean;
  /** Wait for the reset instead of being refused. */
  park: boolean;
  quiet: boolean;
}

/**
 * The last look before a start: refused (75) while the circuit breaker is open or the quota is used up, with until when.
 * `notBefore` is set where the run is to wait for the quota instead. What is unknown stops nobody.
 */
export async function passGates(input: GateInput, io: Io): Promise<{ quota: QuotaFinding; notBefore: string | null }> {
  const { home, workspace, runId, force, quiet } = input;
  const now = new Date();
  const breaker = force ? undefined : await passBreaker(home, workspace, { now });
  if (breaker?.problem !== undefined) warn(`${breaker.problem}; the circuit breaker begins anew`, io);

  const quota = await checkQuota({
    home,
    env: io.env,
    gate: input.quotaGate,
    now,
    ask: (codexHome) => askAccount(input, codexHome, io.env),
  });
  if (quota.problem !== undefined) warn(quota.problem, io);
  if (!quota.finding.known && input.quotaSaid && !quiet) io.stderr.write(`quota: unknown (${quota.why})\n`);
  if (quota.closed && force && !quiet) warn(`${sayOver(quota, input.quotaGate)}; --force goes on`, io);
  const notBefore = quota.closed && !force ? parkedUntil(quota, input) : null;

  // A run that waits for its quota tries nothing now.
  if (breaker?.phase === "half-open" && notBefore === null) await passBreaker(home, workspace, { claim: runId, now });
  return { quota: { ...quota.finding, forced: quota.closed && force }, notBefore };
}

const warn = (text: string, io: Io): void => void io.stderr.write(`warning: ${text}\n`);

/** Loaded only when it is asked: most starts know enough without. */
async function askAccount(input: GateInput, codexHome: string, env: NodeJS.ProcessEnv): Promise<AccountAnswer> {
  const { readLimits } = await import("../../engine/app-server/read-limits.ts");
  return readLimits({ codex: input.codex, cwd: codexHome, env, marker: `${input.runId}.quota` });
}

function parkedUntil(quota: QuotaState, { quotaGate, park, runId }: GateInput): string {
  const over = sayOver(quota, quotaGate);
  const { resets_at: resets } = quota.finding;
  if (park && resets !== null) return new Date(Date.parse(resets) + jitterMs(runId)).toISOString();
  throw new AskCodexError("refused", park ? `${over}, so there is no time that --park could wait for` : over, {
    hint:
      resets === null || park
        ? "try again later, or start it all the same with --force"
        : "wait until then, or give --park to have it wait in the background, or --force to start it all the same",
  });
}

function sayOver({ finding }: QuotaState, gate: number): string {
  const { window, used_percent: used, resets_at: resets } = finding;
  const until = resets === null ? "nobody knows when it resets" : `it resets at ${resets}`;
  return `${used} % of the ${window} usage limit are used (the quota gate is at ${gate} %), and ${until}`;
}

const JITTER_FROM_MS = 2_000;
const JITTER_MS = 8_000;

/** Runs that wait for one reset do not begin all in its first second; the same run always waits the same time. */
const jitterMs = (runId: string): number =>
  JITTER_FROM_MS + (createHash("sha256").update(runId).digest().readUInt32BE(0) % JITTER_MS);
