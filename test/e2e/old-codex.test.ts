import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPolicy, textOf, toolOutputs } from "../kit/attack.ts";
import { inLab } from "../kit/lab.ts";

/** A real Codex from before there were permission profiles. */
const OLD = join(
  dirname(createRequire(import.meta.url).resolve("codex-without-profiles/package.json")),
  "bin",
  "codex.js",
);
const env = { ASK_CODEX_BIN: OLD };

describe("a Codex without permission profiles", () => {
  for (const engine of ["app-server", "exec"]) {
    test(`works by ${engine} with the strictest mode that fits, and says that the policy is degraded`, () =>
      inLab(
        {
          files: { "src/a/x.txt": "x\n", "src/b/y.txt": "y\n" },
          script: [
            { run: "echo more >> src/a/x.txt; touch /etc/ask-codex-test; touch .git/x; echo more >> src/b/y.txt" },
            { say: "Status: done" },
          ],
        },
        async (lab) => {
          const args = ["--engine", engine, "--scope", "src/a", "--verify", "test -f src/a/x.txt", "write"];
          const called = await lab.start("ask_codex", args, { env }).done;
          // The whole workspace is open to the kernel, so the audit alone holds the scope.
          expect(called.code, called.stdout + called.stderr).toBe(5);
          expect(called.stdout).toContain("- src/b/y.txt (modified, NOT ALLOWED)");
          expect(called.stdout).toContain("policy is degraded");
          expect(toolOutputs(lab)).toMatch(/Read-only file system|Permission denied/);
          expect(readPolicy(lab, called.lines.run_id ?? "")).toMatchObject({ policy: "degraded", profile: null });
        },
      ));

    test(`reads by ${engine} without writing, and is told so`, () =>
      inLab({ script: [{ run: "echo x > README.md" }, { say: "Status: done" }] }, async (lab) => {
        const called = await lab.start("ask_codex", ["--engine", engine, "--read-only", "read"], { env }).done;
        expect(called.code, called.stdout + called.stderr).toBe(0);
        expect(called.lines.policy).toBe("degraded");
        expect(textOf(lab, "README.md")).toBe("# a project\n");
      }));
  }

  test("its checks run in its own sandbox", () =>
    inLab({ script: [{ say: "Status: done" }] }, async (lab) => {
      const args = ["--read-only", "--verify", "test -f README.md", "--verify", "echo x >> README.md", "read"];
      const called = await lab.start("ask_codex", args, { env }).done;
      expect(called.code, called.stdout + called.stderr).toBe(6);
      expect(called.stdout).toContain("`echo x >> README.md` failed");
    }));

  test("a check of a writing run may write in the workspace, and nowhere else", () =>
    inLab({ script: [{ say: "Status: done" }] }, async (lab) => {
      const beside = join(lab.dir, "beside.txt");
      const verify = ["--verify", "echo x > built.txt", "--verify", `sh -c '! echo x > "${beside}"'`];
      const called = await lab.start("ask_codex", ["--no-tmp", ...verify, "build"], { env }).done;
      expect(called.code, called.stdout + called.stderr).toBe(0);
      expect(called.lines.verification).toBe("passed");
      expect(existsSync(beside)).toBe(false);
    }));
});
