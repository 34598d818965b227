import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { snapshotWorkTree } from "../../../src/policy/work-tree.ts";

/** Programs that a repository may keep where Codex writes; a snapshot runs outside the sandbox and must run none. */
test.each([
  ["a hook", ["core.hooksPath", "trap"], "post-index-change", ""],
  ["a clean filter", ["filter.x.clean", "trap/clean"], "clean", "*.txt filter=x\n"],
  ["a required filter", ["filter.x.required", "true"], "clean", "*.txt filter=x\n"],
  ["a filter process", ["filter.x.process", "trap/clean"], "clean", "*.txt filter=x\n"],
  ["a filter with dots in its name", ["filter.a.b.clean", "trap/clean"], "clean", "*.txt filter=a.b\n"],
])("%s in the work tree is not run by a snapshot", async (_, [key = "", value = ""], name, attributes) => {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "work-tree-programs-"));
  try {
    const workspace = join(dir, "ws");
    const proof = join(dir, "ran");
    mkdirSync(join(workspace, "trap"), { recursive: true });
    const git = (...args: string[]) => execFileSync("git", ["-C", workspace, ...args], { stdio: "pipe" });
    git("init", "-q");
    git("config", key, value);
    if (key.endsWith("required")) git("config", "filter.x.clean", "trap/clean");
    writeFileSync(join(workspace, ".gitattributes"), attributes);
    writeFileSync(join(workspace, "trap", name), `#!/bin/sh\ntouch '${proof}'\ncat\n`, { mode: 0o755 });
    writeFileSync(join(workspace, "a.txt"), "text\n");
    mkdirSync(join(dir, "store"));
    const taken = await snapshotWorkTree({ workspace, dir: join(dir, "store"), env: process.env });
    expect(taken).toEqual({ tree: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(existsSync(proof)).toBe(false);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
