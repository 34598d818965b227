import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inLab, ROOT } from "../kit/lab.ts";

/** A place where no user namespace can be made: a namespace of our own whose limit is zero. */
const CLOSED = ["-U", "-r", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"];
const possible = process.platform === "linux" && spawnSync("unshare", [...CLOSED, "true"]).status === 0;

for (const engine of ["app-server", "exec"]) {
  test.runIf(possible)(`a sandbox that can't start is found before the turn (${engine})`, () =>
    inLab({ script: [{ run: "touch proof" }, { say: "Status: done" }] }, async (lab) => {
      const script = join(ROOT, "scripts", "ask_codex.mjs");
      const called = await lab.run("unshare", [
        ...CLOSED,
        process.execPath,
        script,
        "--engine",
        engine,
        "write; test it",
      ]);
      expect(called.code, called.stdout + called.stderr).toBe(3);
      expect(called.stdout).toMatch(/sandbox can't start here: .*namespace/);
      expect(lab.model.requests).toEqual([]);
      expect(lab.git("status", "--short")).toBe("");
    }),
  );
}
