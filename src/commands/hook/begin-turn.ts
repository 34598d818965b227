import { rmSync } from "node:fs";
import type { HookInput } from "../../claude/hook-input.ts";
import type { Io } from "../../cli/define.ts";
import { failed } from "../../policy/trees/git.ts";
import { attempt } from "../../sys/files.ts";
import { stateHome } from "../../sys/paths.ts";
import { locate } from "../ask/locate.ts";
import { readGateSettings } from "./gate-settings.ts";
import { claimCall, dropCalls, gatePlace, openGate, readGate, writeGate } from "./gate-store.ts";
import { lookAtTurn } from "./look-at-turn.ts";

/**
 * Notes the working tree and the commit that a turn begins with, where the gate is on. Resolves with why that could not
 * be, in one sentence for the user; outside git there is no gate, and nothing to say before a stop.
 */
export async function beginTurn({ session, turn, call }: HookInput, io: Io): Promise<string | undefined> {
  const { workspace, git } = locate(undefined, io.cwd);
  const home = stateHome(io.env);
  if (!git || (await readGateSettings(workspace, home)) === undefined) return undefined;
  const place = gatePlace(home, workspace, session);
  openGate(place);
  const name = `begin-${call}`;
  if (!claimCall(place, name)) return undefined;
  dropCalls(place, name);
  const spent = attempt(() => readGate(place)?.spent) ?? 0;
  // What the trees of the last turn are made of is not needed any more.
  rmSync(place.trees, { recursive: true, force: true });
  const look = await lookAtTurn({ workspace, env: io.env }, place);
  if (failed(look)) return look.failure;
  const { tree, repositories, large } = look.snapshot;
  const at = new Date().toISOString();
  writeGate(place, {
    ...{ version: 1, session, turn, workspace, head: look.head },
    ...{ tree, repositories, large, rounds: [], spent, at },
  });
  return undefined;
}
