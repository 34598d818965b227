import { resolve } from "node:path";
import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { Draft } from "../../packet/draft.ts";
import type { Layer } from "../../packet/effective.ts";
import { environmentDraft } from "../../packet/environment-draft.ts";
import { findRole } from "../../packet/roles/index.ts";
import { isThere } from "../../sys/files.ts";
import { flagLayers, say } from "./flag-layers.ts";
import type { AskFlags } from "./flags.ts";
import { locate, type Place } from "./locate.ts";

/** All that was said of a run, strongest first, and where it is to happen. */
export interface Collected {
  layers: Layer[];
  place: Place;
  /** What the settings say beyond a draft. */
  settings: { deny: string[]; volatile: string[]; delegate?: boolean };
  /** Whether the caller named the role, on the command line or in a packet. */
  roleNamed: boolean;
}

const DEFAULTS: Draft = { timeoutS: 600, idleTimeoutS: 180, verifyTimeoutS: 300, maxSteps: 0, engine: "app-server" };

/** Flags over packet over session over environment over project settings over user settings over role over defaults. */
export async function collectLayers(
  input: { said: readonly Layer[]; home: string; session: SessionRecord | undefined },
  io: Io,
): Promise<Collected> {
  const { said, session } = input;
  const place = placeOf(said, session, io.cwd);
  const settings = await settingsLayers(place.workspace, input.home);
  const roleNamed = said.some(({ draft }) => draft.role !== undefined);
  const named = [...said, ...sessionLayer(session), ...environmentDraft(io.env)];
  const role = findRole(named.find(({ draft }) => draft.role !== undefined)?.draft.role ?? "writer");
  // Default checks are for who writes: a reading role has changed nothing that they could be about.
  const layers = [
    ...named,
    ...settings.layers.map(({ source, draft }) => ({
      source,
      draft: role.power === "write" ? draft : unchecked(draft),
    })),
    ...say(`role ${role.name}`, "reasoning", role.reasoning),
    { source: "default", draft: { ...DEFAULTS, role: role.name } },
  ];
  return { layers, place, settings, roleNamed };
}

/** What the call itself says: its options, and behind them its packet. */
export const saidLayers = async (flags: AskFlags, goal: string | undefined, cwd: string): Promise<Layer[]> => [
  ...flagLayers(flags, goal),
  ...(await packetLayers(flags, goal, cwd)),
];

/** The packet file, or the unit of a plan that stands for a goal; both are loaded only when they are asked for. */
async function packetLayers(flags: AskFlags, goal: string | undefined, cwd: string): Promise<Layer[]> {
  const layers: Layer[] = [];
  if (flags.packet !== undefined) {
    const { readPacketFile } = await import("../../packet/packet-file.ts");
    layers.push({ source: `packet ${flags.packet}`, draft: await readPacketFile(resolve(cwd, flags.packet)) });
  }
  const plan = flags.plan === undefined ? undefined : resolve(cwd, flags.plan);
  const unit = flags["task-id"];
  if (plan !== undefined && goal === undefined && flags.packet === undefined) {
    if (unit === undefined)
      throw usageError("--plan needs a goal, or a unit of the plan with --task-id", "see --list-units for the units");
    const { readPlan } = await import("../../packet/plan.ts");
    const { draftFromUnit } = await import("../../packet/draft-from-unit.ts");
    layers.push({ source: `unit ${unit} of ${flags.plan}`, draft: draftFromUnit(await readPlan(plan), unit) });
  }
  return layers;
}

function placeOf(said: readonly Layer[], session: SessionRecord | undefined, cwd: string): Place {
  const layer = said.find(({ draft }) => draft.workspace !== undefined);
  if (!session) return locate(layer?.draft.workspace, cwd);
  const place = layer && locate(layer.draft.workspace, cwd);
  if (place && place.workspace !== session.workspace)
    throw usageError(
      `the session ${session.broker_id} keeps what it was started with, but the call asks for ${layer?.source} ${layer?.draft.workspace} (it is ${session.workspace})`,
      "leave that out, or start a new session",
    );
  return place ?? { ...locate(session.workspace, cwd), callerDir: callerIn(session.workspace, cwd) };
}

/** Relative paths begin where the caller stands, as long as that is in the session's workspace. */
function callerIn(workspace: string, cwd: string): string {
  const here = locate(undefined, cwd);
  return here.workspace === workspace ? here.callerDir : workspace;
}

function sessionLayer(session: SessionRecord | undefined): Layer[] {
  if (!session) return [];
  const source = `session ${session.broker_id}`;
  return [
    ...say(source, "role", session.role),
    ...say(source, "model", session.model ?? undefined),
    ...say(source, "reasoning", session.reasoning ?? undefined),
    ...say(source, "engine", session.engine),
  ];
}

async function settingsLayers(workspace: string, home: string): Promise<Collected["settings"] & { layers: Layer[] }> {
  const found: Collected["settings"] & { layers: Layer[] } = { deny: [], volatile: [], layers: [] };
  const { settingsPaths } = await import("../../packet/settings-paths.ts");
  const { project, user } = settingsPaths(workspace, home);
  for (const path of [project, user].filter(isThere)) {
    const { readSettings } = await import("../../packet/settings.ts");
    const settings = await readSettings(path);
    if (!settings) continue;
    found.layers.push({ source: path, draft: settings.draft });
    found.deny.push(...settings.deny);
    found.volatile.push(...settings.volatile);
    if (found.delegate === undefined && settings.delegate !== undefined) found.delegate = settings.delegate;
  }
  return found;
}

function unchecked(draft: Draft): Draft {
  const { verify: _, verifyBase: __, ...rest } = draft;
  return rest;
}
