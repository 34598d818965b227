import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { RunStatus } from "../../src/core/record.ts";
import { RunRequest } from "../../src/core/request.ts";
import { type Lab, until } from "./lab.ts";

const parsed = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** Starts a run that nobody waits for; resolves with its id. Its goal says what is to be checked, so that nothing is warned of. */
export async function startBackground(lab: Lab, goal: string, ...options: string[]): Promise<string> {
  const called = await lab.ask("--background", ...options, `${goal}; npm test must pass`);
  expect(called.code, called.stderr).toBe(0);
  return called.lines.run_id ?? "";
}

export const requestOf = (lab: Lab, runId: string): RunRequest =>
  RunRequest.parse(parsed(join(lab.recordDir(runId), "request.json")));
export const statusOf = (lab: Lab, runId: string): RunStatus =>
  RunStatus.parse(parsed(join(lab.recordDir(runId), "status.json")));
export const isOver = (lab: Lab, runId: string): boolean => existsSync(join(lab.recordDir(runId), "result.json"));

/** The runs that have a place in the line, in its order. */
export function lineOf(lab: Lab): string[] {
  const dir = join(lab.home, "slots");
  if (!existsSync(dir)) return [];
  const numbers = readdirSync(dir).flatMap((name) => (name.endsWith(".json") ? [Number.parseInt(name, 10)] : []));
  return numbers.sort((one, two) => one - two).map((number) => runOf(join(dir, `${number}.json`)));
}

function runOf(path: string): string {
  const ticket = parsed(path);
  if (typeof ticket !== "object" || ticket === null || !("run_id" in ticket)) throw new Error(`${path} is no ticket`);
  return String(ticket.run_id);
}

/** A broker that waits has said so. */
export const isWaiting = (lab: Lab, runId: string): Promise<void> =>
  until(() => statusOf(lab, runId).waiting !== undefined);

/** The process of a run's broker. */
export function brokerPid(lab: Lab, runId: string): number {
  const { owner } = statusOf(lab, runId);
  if (!owner) throw new Error(`nobody has claimed ${runId}`);
  return owner.pid;
}
