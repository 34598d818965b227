import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "./lab.ts";

/** Every file and directory of the workspace: kind, whether it may be executed, and its bytes; git's and our own folder left out. */
export function picture(lab: Lab): Record<string, string> {
  const seen: Record<string, string> = {};
  const look = (name: string) => {
    const path = join(lab.workspace, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) {
      if (name !== "") seen[name] = "directory";
      for (const entry of readdirSync(path)) if (!/^(\.git|\.ask-codex)$/.test(entry)) look(join(name, entry));
    } else if (stat.isSymbolicLink()) seen[name] = `link to ${readlinkSync(path)}`;
    else seen[name] = `${stat.mode & 0o100 ? "program" : "file"} ${readFileSync(path).toString("latin1")}`;
  };
  look("");
  return seen;
}

/** What git tells its user: the work tree, the history, and what is set aside. */
export const gitSays = (lab: Lab) => ({
  status: lab.git("status", "--porcelain=v2", "--branch", "-uall"),
  log: lab.git("log", "--all", "--decorate", "--format=%H %d %s"),
  branches: lab.git("branch", "-a"),
  tags: lab.git("tag"),
  stash: lab.git("stash", "list"),
  fsck: lab.git("fsck", "--no-dangling"),
  staged: lab.git("ls-files", "-s"),
});

/** The refs that keep what undo needs. */
export const keptRefs = (lab: Lab): string[] =>
  lab.git("for-each-ref", "--format=%(refname)", "refs/ask-codex/").split("\n").filter(Boolean);
