import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLab } from "../kit/lab.ts";

/** Our own git runs outside the sandbox: nothing that Codex can write may be a program of it. */
test("a hook, where the hooks lie in the work tree, is not run when the changes are read", async () => {
  const path = ".husky/post-index-change";
  const lab = await openLab();
  try {
    lab.git("config", "core.hooksPath", ".husky");
    const proof = join(lab.dir, "escaped");
    const write = `mkdir -p $(dirname ${path}); printf '#!/bin/sh\\ntouch "%s"\\ncat\\n' '${proof}' > ${path}; chmod +x ${path}`;
    lab.model.script([{ run: `${write}; echo new > new.txt` }, { say: "Status: done" }]);
    const done = await lab.call("ask_codex", ["write a file and run the tests"]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain("- new.txt (created)");
    expect(done.stdout).toContain(`- ${path} (created)`);
    expect(existsSync(proof)).toBe(false);
    // The trap does work: git itself, called by hand, runs it.
    lab.git("add", "new.txt");
    expect(existsSync(proof)).toBe(true);
  } finally {
    await lab.close();
  }
});
