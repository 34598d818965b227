import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../../../src/cli/main.ts";
import { runs } from "../../../../src/commands/runs/runs.ts";
import type { Receipt, RunStatus } from "../../../../src/core/record.ts";
import type { RunRequest } from "../../../../src/core/request.ts";
import { writeStatus } from "../../../../src/run/create-record.ts";
import { writeReceipt } from "../../../../src/run/record.ts";
import { currentOwner } from "../../../../src/sys/owner.ts";
import { sampleIo } from "../../cli/sample-command.ts";
import { samplePacket, sampleReceipt } from "../../core/samples.ts";
import { newRecord } from "../../run/new-record.ts";
import { tempDir } from "../../sys/temp-dir.ts";

export const idOf = (number: number, day = "20261120"): string => `r-${day}-${String(100_000 + number)}-aaaa`;

/** A state home with runs in it, and a workspace that a list is asked for in. */
export function listWorld() {
  const home = join(tempDir(), "state");
  const workspace = tempDir();
  const now = new Date().toISOString();
  const record = (runId: string, over: Partial<RunRequest> & { goal?: string } = {}): string => {
    const { goal = `goal of ${runId}`, ...rest } = over;
    return newRecord({ runId, workspace, createdAt: now, packet: samplePacket({ goal }), ...rest }, home).dir;
  };
  return {
    home,
    workspace,
    record,
    /** A run that has ended. */
    over(runId: string, receipt: Partial<Receipt> = {}, request: Parameters<typeof record>[1] = {}): string {
      const dir = record(runId, request);
      const place = request.workspace ?? workspace;
      writeReceipt(dir, sampleReceipt({ run_id: runId, workspace: place, record: dir, started_at: now, ...receipt }));
      return dir;
    },
    /** A run whose owner is this very process. */
    live(runId: string, status: Partial<RunStatus> = {}): string {
      const dir = record(runId);
      const at = new Date().toISOString();
      writeStatus(dir, { version: 1, runId, state: "running", updatedAt: at, owner: currentOwner(), ...status });
      return dir;
    },
    log(dir: string, ...events: object[]): void {
      const lines = events.map((event) => `${JSON.stringify({ at: "2026-11-20T10:00:00.000Z", ...event })}\n`);
      appendFileSync(join(dir, "events.jsonl"), lines.join(""));
    },
    async list(...argv: string[]) {
      const env = { PATH: process.env.PATH, ASK_CODEX_HOME: home };
      const io = sampleIo(["list", ...argv], { env, cwd: workspace });
      const code = await runCommand(runs, io);
      return { code, out: io.out(), err: io.err(), rows: io.out().split("\n").slice(1, -1) };
    },
  };
}
