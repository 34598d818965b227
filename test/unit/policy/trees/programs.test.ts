import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diffStat, diffTrees, writePatch } from "../../../../src/policy/trees/diff.ts";
import { listIgnored } from "../../../../src/policy/trees/ignored-files.ts";
import { readRepositoryState } from "../../../../src/policy/trees/repository-state.ts";
import { readStatus } from "../../../../src/policy/trees/status.ts";
import { type TempRepo, tempRepo } from "../temp-repo.ts";
import { have, look, open } from "./looks.ts";

/** A program of the repository's that leaves a trace when it is run; its name. */
function trap({ outside, path }: TempRepo, name: string): string {
  mkdirSync(path("trap"), { recursive: true });
  const program = path(join("trap", name));
  writeFileSync(program, `#!/bin/sh\ntouch '${join(outside, "ran")}'\ncat\n`);
  chmodSync(program, 0o755);
  return `'${program}'`;
}

const PROGRAMS: readonly (readonly [name: string, make: (repo: TempRepo) => unknown])[] = [
  ["a hook", (repo) => [trap(repo, "post-index-change"), repo.git("config", "core.hooksPath", "trap")]],
  [
    "a hook of references",
    (repo) => [trap(repo, "reference-transaction"), repo.git("config", "core.hooksPath", "trap")],
  ],
  ["a file system monitor", (repo) => repo.git("config", "core.fsmonitor", trap(repo, "monitor"))],
  ["a clean filter", (repo) => filter(repo, "x", "clean")],
  ["a filter process", (repo) => filter(repo, "x", "process")],
  ["a filter with dots in its name", (repo) => filter(repo, "a.b", "clean")],
  ["a required filter", (repo) => [filter(repo, "x", "clean"), repo.git("config", "filter.x.required", "true")]],
  [
    "a program that shows differences",
    (repo) => [
      repo.git("config", "diff.x.textconv", trap(repo, "textconv")),
      repo.git("config", "diff.x.command", trap(repo, "command")),
      repo.git("config", "diff.external", trap(repo, "external")),
      repo.write({ ".gitattributes": "*.txt diff=x\n" }),
    ],
  ],
  ["an alias of a command", (repo) => repo.git("config", "alias.ls-files", `!${trap(repo, "alias")}`)],
  [
    "a nested repository's file system monitor",
    (repo) => {
      repo.git("init", "-q", "nested");
      repo.write({ "nested/n.txt": "n\n" });
      repo.git("-C", "nested", "add", "-A");
      repo.git("-C", "nested", "commit", "-q", "-m", "n");
      repo.git("-C", "nested", "config", "core.fsmonitor", trap(repo, "monitor"));
      repo.git("-C", "nested", "config", "core.hooksPath", repo.path("trap"));
    },
  ],
  [
    "a submodule's file system monitor",
    (repo) => {
      repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", tempRepo().dir, "lib");
      repo.git("commit", "-q", "-m", "lib");
      repo.git("-C", "lib", "config", "core.fsmonitor", trap(repo, "monitor"));
    },
  ],
];

function filter(repo: TempRepo, name: string, kind: string): void {
  repo.git("config", `filter.${name}.${kind}`, trap(repo, kind));
  repo.write({ ".gitattributes": `*.txt filter=${name}\n` });
}

test.each(PROGRAMS)("%s is not run by anything that looks", async (_, make) => {
  const repo = tempRepo();
  await make(repo);
  const store = await open(repo);
  const before = await look(store);
  repo.write({ "a.txt": "A\n", "new.txt": "n\n", "nested/n.txt": "N\n" });
  const after = await look(store);
  const state = await have(readRepositoryState(store));
  await have(readStatus(store, state, after));
  await have(diffTrees(store, before, after));
  await have(writePatch(store, before, after, join(repo.outside, "patch")));
  expect(await diffStat(store, before, after)).toContain("new.txt");
  await listIgnored(store, [""]);
  expect(existsSync(join(repo.outside, "ran"))).toBe(false);
});

test("the trap is one", () => {
  const repo = tempRepo();
  filter(repo, "x", "clean");
  repo.write({ "a.txt": "A\n" });
  repo.git("add", "a.txt");
  expect(existsSync(join(repo.outside, "ran"))).toBe(true);
});
