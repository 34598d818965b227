import type { RunRequest } from "../core/request.ts";
import { checksMarker, commandsMarker } from "../sys/environment.ts";
import { homeOfRecord, sessionDir } from "../sys/paths.ts";

/** Whose a power is, and where what was made for it is written down: of one run, or of a session that stays. */
export interface PowerPlace {
  /** Names the profile and the temporary directory. */
  id: string;
  /** Folder of the record. */
  dir: string;
  /** What its Codex carries, and what the commands of its turns do. */
  marker: string;
  commandsMarker: string;
}

/** The place of a power that is one run's alone. */
export const placeOfRun = (dir: string, runId: string): PowerPlace => ({
  id: runId,
  dir,
  marker: runId,
  commandsMarker: runId,
});

/** The place of a run's power, whose record lies in `runDir`. */
export function powerPlace(runDir: string, { live, brokerId, runId, workspace }: RunRequest): PowerPlace {
  if (!live) return placeOfRun(runDir, runId);
  const dir = sessionDir(homeOfRecord(runDir), workspace, brokerId);
  return { id: brokerId, dir, marker: brokerId, commandsMarker: commandsMarker(brokerId) };
}

/** Everything that processes of a run, of its Codex and of its checks carry. */
export const markersOf = (place: PowerPlace, runId: string): string[] => [
  ...new Set([place.marker, place.commandsMarker, checksMarker(runId)]),
];
