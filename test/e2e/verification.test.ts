import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VerificationRecord } from "../../src/core/verification.ts";
import { inLab, type Lab, until } from "../kit/lab.ts";

const CLAIM = "All tests pass, I ran them.\n\nStatus: done";
const FILES = {
  "src/a.js": "module.exports = 1;\n",
  "test.js": 'process.exit(require("./src/a.js") === 2 ? 0 : 1);\n',
};

const recordOf = (lab: Lab, runId: string | undefined): VerificationRecord =>
  VerificationRecord.parse(JSON.parse(readFileSync(join(lab.recordDir(runId ?? ""), "verification.json"), "utf8")));

describe("our own run of the checks decides", () => {
  test('"all tests pass" while they fail is exit 6, whatever Codex says', () =>
    inLab({ files: FILES, script: [{ say: CLAIM }] }, async (lab) => {
      const called = await lab.ask("--verify", "node test.js", "make it 2");
      expect(called.code, called.stdout).toBe(6);
      expect(called.lines).toMatchObject({ verdict: "unverified", verification: "failed" });
      expect(called.stdout).toContain("`node test.js` failed with exit 1 in our own run");
      expect(recordOf(lab, called.lines.run_id).rounds[0]?.checks[0]).toMatchObject({
        outcome: "failed",
        exit_code: 1,
      });
    }));

  test("red before and green after is told; the prompt names the check", () =>
    inLab({ files: FILES, script: [{ run: "echo 'module.exports = 2;' > src/a.js" }, { say: CLAIM }] }, async (lab) => {
      const called = await lab.ask("--scope", "src", "--verify-base", "--verify", "node test.js", "make it 2");
      expect(called.code, called.stdout).toBe(0);
      expect(called.lines).toMatchObject({ verdict: "done", verification: "passed" });
      const record = recordOf(lab, called.lines.run_id);
      expect(record.red_to_green).toEqual(["node test.js"]);
      expect(record.rounds.map(({ phase, status }) => [phase, status])).toEqual([
        ["base", "failed"],
        ["after", "passed"],
      ]);
      expect(record.touched_checks).toEqual([]);
      expect(lab.model.userTexts().at(-1)).toContain("node test.js");
    }));

  test("a run that bends the test which verifies it is named", () =>
    inLab({ files: FILES, script: [{ run: "echo 'process.exit(0);' > test.js" }, { say: CLAIM }] }, async (lab) => {
      const called = await lab.ask("--verify", "node test.js", "make it 2");
      expect(called.lines.verification).toBe("passed");
      expect(called.stdout).toContain("the run changed what its checks read: test.js");
      expect(recordOf(lab, called.lines.run_id).touched_checks).toMatchObject([
        { path: "test.js", change: "modified" },
      ]);
    }));

  test("a check can't write what the run may not, and has its own temporary directory", () =>
    inLab({ files: FILES, script: [{ say: CLAIM }] }, async (lab) => {
      const args = ["--scope", "src", "--verify", 'touch "$TMPDIR/x" && touch src/made', "--verify", "touch top.txt"];
      const called = await lab.ask(...args, "nothing");
      expect(called.code).toBe(6);
      const [first, second] = recordOf(lab, called.lines.run_id).rounds[0]?.checks ?? [];
      expect(first).toMatchObject({ outcome: "passed" });
      expect(second?.output_tail).toContain("Read-only file system");
    }));

  test("an expected file that is missing is exit 6, and one that is there is not", () =>
    inLab({ script: [{ run: "touch there.txt" }, { say: CLAIM }] }, async (lab) => {
      const missing = await lab.ask("--expect-file", "there.txt", "--expect-file", "dir/gone.txt", "make both");
      expect([missing.code, missing.stdout]).toEqual([
        6,
        expect.stringContaining("expected file dir/gone.txt is missing"),
      ]);
      const there = await lab.ask("--expect-file", "there.txt", "make one");
      expect([there.code, there.lines.verification]).toEqual([0, "passed"]);
    }));

  test("checks are not run for work that is not there: a question, a violation, a failed turn", () =>
    inLab({ script: [{ say: "Which one?\n\nStatus: question" }] }, async (lab) => {
      const asked = await lab.ask("--verify", "touch ran.txt", "do it");
      expect([asked.code, asked.lines.verification]).toEqual([4, "none"]);
      lab.model.script([{ run: "touch other.txt" }, { say: CLAIM }]);
      const violated = await lab.ask("--scope", "README.md", "--verify", "touch README.md", "do it");
      expect([violated.code, violated.lines.verification]).toEqual([5, "none"]);
      expect(lab.receipt(violated.lines.run_id ?? "").verification_detail).toContain("not run");
      expect(lab.git("status", "--short")).not.toContain("ran.txt");
    }));

  test("a check that never ends is stopped at its limit with all that it started", () =>
    inLab({ script: [{ say: CLAIM }] }, async (lab) => {
      const called = await lab.ask("--verify-timeout", "1", "--verify", "(setsid sleep 300 &); sleep 301", "do it");
      expect(called.code, called.stdout).toBe(6);
      expect(recordOf(lab, called.lines.run_id).rounds[0]?.checks[0]).toMatchObject({ outcome: "timeout" });
      expect(await lab.left()).toEqual([]);
    }));

  test("a cancel during a check is exit 130 and leaves nothing", () =>
    inLab({ script: [{ say: CLAIM }] }, async (lab) => {
      const running = lab.start("ask_codex", ["--verify", "touch started; sleep 300", "do it"]);
      const runId = await running.line("run_id");
      await until(() => lab.git("status", "--short").includes("started"));
      const cancelled = await lab.call("codex_runs", ["cancel", runId]);
      expect(cancelled.code, cancelled.stderr).toBe(0);
      expect((await running.done).code).toBe(130);
      expect(await lab.left()).toEqual([]);
    }));
});

describe("codex_runs verify", () => {
  test("runs the checks again at any time and adds to the record; the receipt stays", () =>
    inLab({ files: FILES, script: [{ say: CLAIM }] }, async (lab) => {
      const called = await lab.ask("--verify", "node test.js", "make it 2");
      const runId = called.lines.run_id ?? "";
      const receipt = lab.receipt(runId);
      writeFileSync(join(lab.workspace, "src/a.js"), "module.exports = 2;\n");
      const again = await lab.call("codex_runs", ["verify", runId], { cwd: "/" });
      expect(again.code, again.stderr).toBe(0);
      expect(again.stdout).toContain("verification=passed");
      expect(recordOf(lab, runId).rounds.map(({ by, status }) => [by, status])).toEqual([
        ["run", "failed"],
        ["codex_runs verify", "passed"],
      ]);
      expect(lab.receipt(runId)).toEqual(receipt);
      const json = await lab.call("codex_runs", ["verify", runId, "--json"]);
      expect(JSON.parse(json.stdout)).toMatchObject({ run_id: runId, status: "passed" });
    }));

  test("without Codex it is exit 3, and nothing that it made stays", () =>
    inLab({ script: [{ say: CLAIM }] }, async (lab) => {
      const called = await lab.ask("--scope", "docs/new/", "--verify", "true", "do it");
      const env = { ASK_CODEX_BIN: join(lab.dir, "nowhere") };
      const verified = await lab.call("codex_runs", ["verify", called.lines.run_id ?? ""], { env });
      expect(verified.code, verified.stderr).toBe(3);
      expect(readdirSync(join(lab.home, "tmp"))).toEqual([]);
      expect(existsSync(join(lab.workspace, "docs"))).toBe(false);
    }));

  test("a run without checks is bad input", () =>
    inLab({}, async (lab) => {
      const called = await lab.ask("--read-only", "read");
      const verified = await lab.call("codex_runs", ["verify", called.lines.run_id ?? ""]);
      expect([verified.code, verified.stderr]).toEqual([64, expect.stringContaining("has no checks")]);
    }));
});
