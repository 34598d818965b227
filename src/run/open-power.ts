import { existsSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as z from "zod";
import type { RunRequest } from "../core/request.ts";
import { makeGranted, planGrants, removeIfEmpty } from "../policy/grants.ts";
import { closedFolders } from "../policy/permission-profile.ts";
import { type Policy, planPolicy } from "../policy/plan-policy.ts";
import { makeNewDir, makePrivateDir, readIfThere, writeWhole } from "../sys/files.ts";
import { homeOfRecord, temporaryDir } from "../sys/paths.ts";
import { missingSandboxDirs } from "./sandbox-dirs.ts";

/** The power of one run, opened on this machine. */
export interface OpenPower {
  policy: Policy;
  /** Real paths of the directories that the kernel lets the run write. */
  grants: string[];
  /** Guarded names of the workspace that are there, so that the kernel closes them. */
  kernelClosed: string[];
  /** Takes away what was made for the run and what the sandbox left: returns the directories of the workspace that went. */
  close(): string[];
}

/**
 * Makes what a run's power needs on the disk: its own temporary directory, and directories of the scope that are not
 * there yet. Everything of it goes again at the end, except what came to hold something.
 */
export function openPower(dir: string, request: RunRequest, codexEnv: NodeJS.ProcessEnv): OpenPower {
  const home = homeOfRecord(dir);
  const { workspace, power } = request;
  const planned = planGrants(workspace, power);
  const made = makeGranted(planned);
  const grants = planned.directories;
  const tmpDir = temporaryDir(home, request.runId);
  makePrivateDir(dirname(tmpDir));
  // What a broker that died has left there is of no use to anybody.
  rmSync(tmpDir, { recursive: true, force: true });
  makeNewDir(tmpDir);
  // Codex's sandbox leaves empty directories in every one that may be written, the temporary one goes as a whole.
  const left = missingSandboxDirs([workspace, ...grants]);
  // For whoever finds the run dead.
  writeWhole(join(dir, MADE), JSON.stringify([...made, ...left]));
  return {
    policy: planPolicy({ ...request, grants, stateHome: home, tmpDir, env: codexEnv }),
    grants,
    kernelClosed: closedFolders(power).filter((name) => existsSync(join(workspace, name))),
    close() {
      rmSync(tmpDir, { recursive: true, force: true });
      const removed = [...removeIfEmpty(left), ...removeIfEmpty(made)];
      rmSync(join(dir, MADE), { force: true });
      return removed.map((path) => relative(workspace, path));
    },
  };
}

const MADE = "made.json";

/** Does for a run that died what its broker could not do any more. */
export function closeLeftPower(dir: string, request: RunRequest): string[] {
  rmSync(temporaryDir(homeOfRecord(dir), request.runId), { recursive: true, force: true });
  const text = readIfThere(join(dir, MADE));
  if (text === undefined) return [];
  rmSync(join(dir, MADE), { force: true });
  return removeIfEmpty(z.array(z.string()).parse(JSON.parse(text))).map((path) => relative(request.workspace, path));
}
