import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { BreakerState } from "../core/gate.ts";
import { latestNumber, numberedPath, putNumbered, TRIES } from "../run/numbered-file.ts";
import { parseIfThere } from "../run/record.ts";
import { makePrivateDir } from "../sys/files.ts";
import { workspaceDir } from "../sys/paths.ts";
import { CLOSED } from "./breaker-state.ts";

/** The state that counts, and its number: 0 where there is none yet. */
export interface LatestState {
  number: number;
  state: BreakerState;
  /** A sentence on a file that is not ours; what it meant nobody knows, so the breaker is closed. */
  problem?: string;
}

export const breakerDir = (home: string, workspace: string): string => join(workspaceDir(home, workspace), "breaker");

export function latestState(dir: string): LatestState {
  const number = latestNumber(dir);
  if (number === 0) return { number, state: CLOSED };
  const path = numberedPath(dir, number);
  try {
    const state = parseIfThere(path, BreakerState);
    if (state) return { number, state };
    // One that went meanwhile was an old one: there are newer ones.
    return latestNumber(dir) === number ? { number, state: CLOSED, problem: leadsNowhere(path) } : latestState(dir);
  } catch (error) {
    return { number, state: CLOSED, problem: messageOf(error) };
  }
}

const leadsNowhere = (path: string): string => `${path} is a link that leads nowhere; it was left alone`;

/**
 * Puts the next state behind the one that was seen, and says whether nobody was faster: each state is a file with the
 * next number, which one process can make. No lock can be left behind.
 */
export function putState(dir: string, { number }: LatestState, next: BreakerState): boolean {
  makePrivateDir(join(dir, ".."));
  makePrivateDir(dir);
  return putNumbered(dir, number, next, BreakerState);
}

/** Changes the state by `change` until nobody came between; the same state means that there is nothing to write. */
export function changeState(dir: string, change: (state: BreakerState) => BreakerState): void {
  for (let tries = 0; tries < TRIES; tries++) {
    const latest = latestState(dir);
    const next = change(latest.state);
    if (next === latest.state || putState(dir, latest, next)) return;
  }
}
