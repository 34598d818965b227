import { rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { findFiles } from "../../../../src/policy/trees/find-files.ts";
import { tempRepo } from "../temp-repo.ts";
import { have, open } from "./looks.ts";

it("everything that differs is found in one process", async () => {
  const repo = tempRepo({ "a.txt": "a\n", "gone.txt": "g\n", "src/b.txt": "b\n", ".gitignore": "*.log\n" });
  repo.write({ "staged.txt": "s\n", "both.txt": "s\n", "later.txt": "l\n" });
  repo.git("add", "staged.txt", "both.txt");
  repo.git("add", "-N", "later.txt");
  repo.git("init", "-q", "nested");
  repo.write({ "a.txt": "A\n", "both.txt": "b\n", "x/new\nfile": "n\n", "x.log": "ignored\n", "nested/n.txt": "n\n" });
  rmSync(repo.path("gone.txt"));
  writeFileSync(Buffer.concat([Buffer.from(repo.path("x")), Buffer.of(0xff)]), "x\n");
  const store = await open(repo);
  const one = await have(findFiles(store));
  expect([...one.tracked.keys()].sort()).toEqual(["a.txt", "both.txt", "gone.txt", "later.txt"]);
  expect(one.tracked.get("later.txt")).toBeNull();
  expect(one.tracked.get("a.txt")).toEqual({ mode: "100644", id: repo.git("rev-parse", "HEAD:a.txt").trim() });
  expect(one.staged.map(({ letter, key }) => `${letter} ${key}`)).toEqual(["A both.txt", "A staged.txt"]);
  expect([...one.untracked].sort()).toEqual(["x/new\nfile", "x\xff"]);
  expect(one.repositories).toEqual(["nested"]);
});
