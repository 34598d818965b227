import { existsSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as z from "zod";
import type { RunRequest } from "../core/request.ts";
import { makeGranted, planGrants, removeIfEmpty } from "../policy/grants.ts";
import { closedFolders } from "../policy/permission-profile.ts";
import { type Policy, planPolicy } from "../policy/plan-policy.ts";
import { makeNewDir, makePrivateDir, readIfThere, writeWhole } from "../sys/files.ts";
import { temporaryDir } from "../sys/paths.ts";
import type { PowerPlace } from "./power-place.ts";
import { missingSandboxDirs } from "./sandbox-dirs.ts";

/** The power of a run, or of all runs of a session that stays, opened on this machine. */
export interface OpenPower {
  policy: Policy;
  /** Real paths of the directories that the kernel lets the run write. */
  grants: string[];
  /** Guarded names of the workspace that are there, so that the kernel closes them. */
  kernelClosed: string[];
  /** Takes away what the sandbox left in the workspace: returns the directories that went. */
  sweep(): string[];
  /** Takes away what was made for it, too. */
  close(): string[];
}

/**
 * Makes what a power needs on the disk: its own temporary directory, and directories of the scope that are not
 * there yet. Everything of it goes again at the end, except what came to hold something.
 */
export function openPower(
  home: string,
  place: PowerPlace,
  request: RunRequest,
  codexEnv: NodeJS.ProcessEnv,
): OpenPower {
  const { workspace, power } = request;
  const planned = planGrants(workspace, power);
  const made = makeGranted(planned);
  const grants = planned.directories;
  const tmpDir = temporaryDir(home, place.id);
  makePrivateDir(dirname(tmpDir));
  // What a broker that died has left there is of no use to anybody.
  rmSync(tmpDir, { recursive: true, force: true });
  makeNewDir(tmpDir);
  // Codex's sandbox leaves empty directories in every one that may be written, the temporary one goes as a whole.
  const left = missingSandboxDirs([workspace, ...grants]);
  // For whoever finds the run dead.
  writeWhole(join(place.dir, MADE), JSON.stringify([...made, ...left]));
  return {
    policy: planPolicy({
      ...request,
      id: place.id,
      marker: place.commandsMarker,
      grants,
      stateHome: home,
      tmpDir,
      env: codexEnv,
    }),
    grants,
    kernelClosed: closedFolders(power).filter((name) => existsSync(join(workspace, name))),
    sweep: () => removeIfEmpty(left).map((path) => relative(workspace, path)),
    close() {
      rmSync(tmpDir, { recursive: true, force: true });
      const removed = [...removeIfEmpty(left), ...removeIfEmpty(made)];
      rmSync(join(place.dir, MADE), { force: true });
      return removed.map((path) => relative(workspace, path));
    },
  };
}

const MADE = "made.json";

/** Does for a run or session that died what its broker could not do any more. */
export function closeLeftPower(home: string, { id, dir }: Pick<PowerPlace, "id" | "dir">, workspace: string): string[] {
  rmSync(temporaryDir(home, id), { recursive: true, force: true });
  const text = readIfThere(join(dir, MADE));
  if (text === undefined) return [];
  rmSync(join(dir, MADE), { force: true });
  return removeIfEmpty(z.array(z.string()).parse(JSON.parse(text))).map((path) => relative(workspace, path));
}
