import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Power } from "../core/policy.ts";
import { planGrants } from "./grants.ts";
import { isGlob, scopeMatcher, staticPart } from "./scope.ts";

/** Beyond this many entries a glob is not followed any further: it is only a warning. */
const MAX_LOOKED_AT = 5_000;

/** What is allowed but worth a word: a scope that matches nothing yet, or one that the kernel can hold only in part. */
export function scopeWarnings(workspace: string, power: Power): string[] {
  const empty = power.scope.filter((pattern) => !matchesSomething(workspace, pattern));
  const wide = power.write === "scope" && planGrants(workspace, power).directories.includes(workspace);
  return [
    ...empty.map((pattern) => `the write scope ${pattern} matches nothing yet`),
    ...(wide
      ? [
          "a file or glob of the write scope lies in the workspace's root, so the kernel opens all of it and the audit alone holds the scope",
        ]
      : []),
  ];
}

function matchesSomething(workspace: string, pattern: string): boolean {
  if (!isGlob(pattern)) return existsSync(join(workspace, pattern));
  const matches = scopeMatcher([pattern]);
  const waiting = [staticPart(pattern)];
  let looked = 0;
  for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
    for (const entry of entriesOf(join(workspace, dir))) {
      const path = dir === "" ? entry.name : `${dir}/${entry.name}`;
      if (matches(path) || ++looked > MAX_LOOKED_AT) return true;
      if (entry.isDirectory() && entry.name !== ".git" && entry.name !== "node_modules") waiting.push(path);
    }
  }
  return false;
}

function entriesOf(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}
