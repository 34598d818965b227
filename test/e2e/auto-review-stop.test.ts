import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VerificationRecord } from "../../src/core/verification.ts";
import { isAlive } from "../../src/sys/owner.ts";
import { codexBinary, inLab, type Lab, until } from "../kit/lab.ts";
import { asked, DONE, runStatus } from "../kit/live.ts";
import { RED_CHECK, RED_FILES, RED_GOAL } from "../kit/red-check.ts";
import { makeScript } from "../kit/refusal.ts";

describe("a stop", () => {
  test("between the turns ends the run, while the Codex of the second one starts", () =>
    inLab({ files: RED_FILES, script: [[DONE], [{ hang: true }]] }, async (lab) => {
      const running = lab.start("ask_codex", ["--auto-review", ...RED_CHECK, RED_GOAL], {
        env: secondCodex(lab, "sleep 600"),
      });
      const runId = await running.line("run_id");
      await until(() => existsSync(join(lab.dir, "second")));
      const cancelled = await lab.call("codex_runs", ["cancel", runId]);
      expect(cancelled.lines.verdict, cancelled.stdout + cancelled.stderr).toBe("cancelled");
      expect((await running.done).code).toBe(130);
      const receipt = lab.receipt(runId);
      expect(receipt).toMatchObject({
        verdict: "cancelled",
        verification: "failed",
        review: { verdict: "unverified" },
        counts: { turns: 1 },
      });
      const kept = readFileSync(join(lab.recordDir(runId), "verification.json"), "utf8");
      expect(VerificationRecord.parse(JSON.parse(kept)).rounds).toHaveLength(1);
      expect(await lab.left()).toEqual([]);
    }));

  test("in the second turn ends it, and what the first one left is in the record", () =>
    inLab({ files: RED_FILES, script: [[{ run: "touch mine.txt" }, DONE], [{ hang: true }]] }, async (lab) => {
      const running = lab.start("ask_codex", ["--auto-review", ...RED_CHECK, RED_GOAL]);
      const runId = await running.line("run_id");
      await asked(lab, 3);
      const policy = JSON.parse(readFileSync(join(lab.recordDir(runId), "policy.json"), "utf8"));
      expect(policy).toMatchObject({ changed: [{ path: "mine.txt" }], ref: expect.any(String) });
      const shown = await lab.call("codex_broker", ["status", runId, "--json"]);
      expect(JSON.parse(shown.stdout).now.what, shown.stderr).toMatch(/^second turn: /);
      // Whoever finds the broker dead knows which Codex to end: the one that lives now.
      const { codex } = runStatus(lab, runId);
      expect(codex && isAlive(codex)).toBe(true);
      await lab.call("codex_runs", ["cancel", runId]);
      expect((await running.done).code).toBe(130);
      expect(lab.receipt(runId)).toMatchObject({
        files_changed: [{ path: "mine.txt" }],
        review: { verdict: "unverified" },
        counts: { turns: 2 },
      });
    }));
});

/** The environment of a Codex that does something else when it is started as an app-server for the second time. */
const secondCodex = (lab: Lab, does: string): NodeJS.ProcessEnv => ({
  ASK_CODEX_BIN: makeScript(
    lab,
    "second-codex",
    `case " $* " in *" app-server "*)
if [ -e "${lab.dir}/first" ]; then touch "${lab.dir}/second"; ${does}; fi
touch "${lab.dir}/first";;
esac
exec "${codexBinary()}" "$@"`,
  ),
});

test("a second turn that can't begin leaves the first one's verdict, and says why", () =>
  inLab({ files: RED_FILES, script: [[DONE]] }, async (lab) => {
    const called = await lab.call("ask_codex", ["--auto-review", ...RED_CHECK, RED_GOAL], {
      env: secondCodex(lab, 'echo "Error: no room" >&2; exit 1'),
    });
    expect(called.code, called.stdout).toBe(6);
    expect(called.stdout).toMatch(/warning: the second turn could not begin: .*no room/);
    expect(called.stdout).not.toContain("[AUTO_REVIEW]");
    const receipt = lab.receipt(called.lines.run_id ?? "");
    expect(receipt).toMatchObject({ verdict: "unverified", verification: "failed", counts: { turns: 1 } });
    expect(receipt.review).toBeUndefined();
    expect(await lab.left()).toEqual([]);
  }));

test("the receipt names the model, the effort and the version that Codex has where the caller names none", () =>
  inLab({ script: [[DONE]], config: 'model_reasoning_effort = "high"' }, async (lab) => {
    const called = await lab.ask("--read-only", "what is this, and is it checked?");
    expect(lab.receipt(called.lines.run_id ?? "")).toMatchObject({
      model: "gpt-5.5",
      reasoning: "high",
      engine: { codex_version: "0.169.0" },
    });
  }));
