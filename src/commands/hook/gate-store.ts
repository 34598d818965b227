import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { toJson } from "../../run/create-record.ts";
import { parseIfThere } from "../../run/record.ts";
import { attempt, makePrivateDir, writeWhole } from "../../sys/files.ts";
import { makeOnce } from "../../sys/lasting-files.ts";
import { workspaceDir } from "../../sys/paths.ts";

/** A review of the gate that came to a verdict. */
export const GateRound = z.strictObject({
  review_id: z.string(),
  at: z.string(),
  /** The working tree that was reviewed. */
  tree: z.string(),
  /** The findings that held Claude up; empty: none did. */
  held_by: z.array(z.string()),
});
export type GateRound = z.infer<typeof GateRound>;

/** `<workspace's records>/gate/<session>/state.json`: a turn of a Claude Code session, as it began. */
export const GateState = z.strictObject({
  version: z.literal(1),
  session: z.string(),
  turn: z.string().nullable(),
  workspace: z.string(),
  /** The commit that was checked out. */
  head: z.string().nullable(),
  /** The working tree, in the store beside this file, and what is in no tree. */
  tree: z.string(),
  repositories: z.record(z.string(), z.string().nullable()),
  large: z.record(z.string(), z.string()),
  /** Of this turn. */
  rounds: z.array(GateRound),
  /** Of the whole session, in tokens. */
  spent: z.int().min(0),
  at: z.string(),
});
export type GateState = z.infer<typeof GateState>;

/** Where the gate keeps what it knows of one session in one workspace. */
export interface GatePlace {
  dir: string;
  /** The git directory of the turn's trees. */
  trees: string;
}

const ROTTEN_MS = 7 * 86_400_000;

export function gatePlace(home: string, workspace: string, session: string): GatePlace {
  const name = createHash("sha256").update(session).digest("hex").slice(0, 16);
  const dir = join(workspaceDir(home, workspace), "gate", name);
  return { dir, trees: join(dir, "trees") };
}

const statePath = ({ dir }: GatePlace): string => join(dir, "state.json");

/** undefined: nothing is kept of the session. Throws where it can't be read. */
export const readGate = (place: GatePlace): GateState | undefined => parseIfThere(statePath(place), GateState);

export const writeGate = (place: GatePlace, state: GateState): void => writeWhole(statePath(place), toJson(state));

/** Makes the session's folder, and removes those of sessions that nobody has ended for a week. */
export function openGate(place: GatePlace): void {
  makePrivateDir(place.dir);
  mkdirSync(join(place.dir, "calls"), { recursive: true, mode: 0o700 });
  const all = dirname(place.dir);
  for (const name of attempt(() => readdirSync(all)) ?? []) {
    const dir = join(all, name);
    const touched = attempt(() => statSync(dir).mtimeMs) ?? Date.now();
    if (dir !== place.dir && Date.now() - touched > ROTTEN_MS) rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Takes an event for this process: the plugin and the hooks of the user's settings may both be called for it, and the
 * second is told false.
 */
export const claimCall = (place: GatePlace, call: string): boolean =>
  makeOnce(join(place.dir, "calls", call), `${process.pid}\n`);

/** What was claimed in turns that are over. */
export function dropCalls(place: GatePlace, but: string): void {
  const dir = join(place.dir, "calls");
  for (const name of attempt(() => readdirSync(dir)) ?? []) if (name !== but) rmSync(join(dir, name), { force: true });
}

export function dropGate(place: GatePlace): void {
  attempt(() => rmSync(place.dir, { recursive: true, force: true }));
}
