import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { readPolicy } from "./attack.ts";
import type { Called, CallOptions, Lab } from "./lab.ts";
import { picture } from "./picture.ts";

const GOAL = "change it; the tests must pass";
/** The texts of a record that show the work tree before and after. */
export const PICTURES = ["pre-status.txt", "post-status.txt", "pre-diff-stat.txt", "post-diff-stat.txt"];

export const inGit = (lab: Lab, name: string) => join(lab.workspace, ".git", name);

/** Git with an author, wherever it is called. */
export const git = async (lab: Lab, cwd: string, ...args: string[]): Promise<Called> => {
  const settings = ["protocol.file.allow=always", "user.name=lab", "user.email=lab@example.invalid"];
  const done = await lab.run("git", [...settings.flatMap((one) => ["-c", one]), ...args], { cwd });
  expect(done.code, done.stderr).toBe(0);
  return done;
};

/** A run, and all that its record says of the repository. */
export async function see(lab: Lab, args: readonly string[], options?: CallOptions) {
  const called = await lab.call("ask_codex", [...args, GOAL], options);
  const runId = called.lines.run_id ?? "";
  const dir = lab.recordDir(runId);
  const read = (name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : undefined);
  const policy = readPolicy(lab, runId);
  return {
    called,
    runId,
    dir,
    read,
    policy,
    receipt: lab.receipt(runId),
    changed: policy.changed.map(({ path }) => path),
  };
}

/** From a directory that has nothing to do with it. */
export const undo = (lab: Lab, runId: string) => lab.call("codex_runs", ["undo", runId], { cwd: "/" });

/** The patch of a run turns what was there before into what is there now. */
export async function expectPatch(lab: Lab, dir: string, before: string): Promise<void> {
  await git(lab, before, "apply", join(dir, "changes.patch"));
  // An empty directory is none to git.
  const files = (seen: Record<string, string>) => Object.entries(seen).filter(([, what]) => what !== "directory");
  expect(files(picture({ ...lab, workspace: before }))).toEqual(files(picture(lab)));
}

/** The workspace as it is now, repository and all. */
export const copyOf = (lab: Lab): string => {
  const copy = join(lab.dir, "as it was");
  cpSync(lab.workspace, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return copy;
};
