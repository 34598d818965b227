import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Receipt } from "../../src/core/record.ts";
import { VerificationRecord } from "../../src/core/verification.ts";
import { type Called, inLab, type Lab, type LabOptions } from "../kit/lab.ts";
import { begin, brokerOf, DONE, ended, inLive, send } from "../kit/live.ts";
import { CHECK_SECRET, MENDS, RED_CHECK, RED_FILES, RED_GOAL } from "../kit/red-check.ts";
import type { Beat } from "../kit/scripted-model.ts";

const PARTIAL: Beat = { say: "Half of it.\n\nStatus: partial" };
const NO_RETRIES = "request_max_retries = 0\nstream_max_retries = 0";

interface Ran {
  called: Called;
  receipt: Receipt;
}

async function review(lab: Lab, ...args: string[]): Promise<Ran> {
  const called = await lab.ask("--auto-review", ...args);
  return { called, receipt: lab.receipt(called.lines.run_id ?? "") };
}

const recordOf = (lab: Lab, { run_id }: Receipt): VerificationRecord =>
  VerificationRecord.parse(JSON.parse(readFileSync(join(lab.recordDir(run_id), "verification.json"), "utf8")));
const typesOf = (lab: Lab, { run_id }: Receipt): string[] => lab.events(run_id).map(({ type }) => type);

describe("a second turn", () => {
  test("mends what the check of the first one found", () =>
    inLab(
      {
        files: RED_FILES,
        script: [
          [{ say: "All green.\n\nStatus: done", usage: { input: 1000, cached: 10, output: 5 } }],
          [
            { run: "touch fixed.txt", usage: { input: 200, output: 7 } },
            { say: "Made it.\n\nStatus: done", usage: { input: 300, output: 9 } },
          ],
        ],
      },
      async (lab) => {
        const { called, receipt } = await review(lab, ...RED_CHECK, "--expect-file", "fixed.txt", RED_GOAL);
        expect(called.code, called.stdout + called.stderr).toBe(0);
        expect(called.lines).toMatchObject({ verdict: "done", verification: "passed", files_changed: "1" });
        expect(called.stdout).toMatch(
          /\n\[AUTO_REVIEW\] first turn: unverified: `sh check\.sh` failed with exit 3[^\n]*\n\[CODEX_COMPLETE\] done/,
        );
        expect(called.stderr).toContain("the first turn failed, Codex gets a second one: `sh check.sh` failed");
        expect(receipt.review).toEqual({
          verdict: "unverified",
          exit_code: 6,
          reason: "`sh check.sh` failed with exit 3 in our own run; expected file fixed.txt is missing",
          answer: "All green.\n\nStatus: done",
        });
        expect(receipt).toMatchObject({
          answer: "Made it.\n\nStatus: done",
          counts: { turns: 2, messages: 2, commands: 1 },
          tokens: { input: 1500, cached: 10, output: 21 },
          model: "gpt-5.5",
          reasoning: "medium",
          engine: { name: "app-server", codex_version: "0.169.0" },
        });
        expect(recordOf(lab, receipt).rounds.map(({ phase, status }) => [phase, status])).toEqual([
          ["after", "failed"],
          ["after", "passed"],
        ]);
        const told = typesOf(lab, receipt);
        expect(told.filter((type) => type === "review_started")).toHaveLength(1);
        expect(told.filter((type) => type === "turn_ended")).toHaveLength(2);

        const [first = "", second = ""] = lab.model.userTexts();
        expect(first).toContain(RED_GOAL);
        expect(second).toContain("The check `sh check.sh` did not pass: exit 3.");
        expect(second).toContain("fixed.txt is nowhere");
        expect(second).toContain("Expected and not there: fixed.txt");
        expect(second).toContain("only second try");
        expect(second).toContain("Status: done");
        expect(second).not.toContain(CHECK_SECRET);
        expect(readFileSync(join(lab.recordDir(receipt.run_id), "review-prompt.md"), "utf8")).toBe(second);
        expect(await lab.left()).toEqual([]);

        // What both turns changed is the run's, and goes with it.
        const undone = await lab.call("codex_runs", ["undo", receipt.run_id]);
        expect(undone.code, undone.stderr).toBe(0);
        expect(existsSync(join(lab.workspace, "fixed.txt"))).toBe(false);
      },
    ));

  test("is the last one: red twice is unverified", () =>
    inLab(
      { files: RED_FILES, script: [[{ run: "touch no.txt" }, DONE], [{ run: "rm no.txt" }, DONE], MENDS] },
      async (lab) => {
        const { called, receipt } = await review(lab, ...RED_CHECK, RED_GOAL);
        expect(called.code, called.stdout).toBe(6);
        expect(receipt).toMatchObject({
          verdict: "unverified",
          counts: { turns: 2 },
          review: { verdict: "unverified" },
        });
        expect(lab.model.userTexts()).toHaveLength(2);
        // What the second one took back is no change of the run's.
        expect(receipt.files_changed).toEqual([]);
        expect(existsSync(join(lab.recordDir(receipt.run_id), "changes.patch"))).toBe(false);
      },
    ));

  const ROWS: { row: string; lab: LabOptions; args: string[]; review: object; says: RegExp }[] = [
    {
      row: "a report that says partial",
      lab: { script: [[PARTIAL], [DONE]] },
      args: [],
      review: {
        verdict: "failed",
        reason: "Codex says that the work is partial",
        answer: "Half of it.\n\nStatus: partial",
      },
      says: /You reported it as partial/,
    },
    {
      row: "a stream that stays cut",
      lab: { script: [[{ cut: "text" }], [DONE]], provider: NO_RETRIES },
      args: [],
      review: { verdict: "failed", reason: expect.stringContaining("broke off") },
      says: /The turn ended with an error: .*broke off/,
    },
    {
      row: "an answer that breaks the schema",
      lab: {
        script: [[{ say: '{"n": "two"}' }], [{ say: '{"n": 2}' }]],
        files: {
          "s.json":
            '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}',
        },
      },
      args: ["--schema", "s.json"],
      review: { verdict: "unverified", answer: '{"n": "two"}' },
      says: /breaks the output schema: .*\/n must be integer/,
    },
    {
      row: "a red check, with the engine exec",
      lab: { files: RED_FILES, script: [[DONE], MENDS] },
      args: [...RED_CHECK, "--engine", "exec"],
      review: { verdict: "unverified", exit_code: 6 },
      says: /fixed\.txt is nowhere/,
    },
    {
      row: "a red check, with limits that hold for each of the turns",
      lab: {
        files: RED_FILES,
        script: [
          [{ run: "true" }, { run: "true" }, DONE],
          [{ run: "true" }, ...MENDS],
        ],
      },
      args: [...RED_CHECK, "--max-steps", "2"],
      review: { verdict: "unverified" },
      says: /fixed\.txt is nowhere/,
    },
  ];
  test.each(ROWS)("comes after $row", ({ lab: options, args, review: first, says }) =>
    inLab(options, async (lab) => {
      const { called, receipt } = await review(lab, ...args, RED_GOAL);
      expect(called.code, called.stdout + called.stderr).toBe(0);
      expect(receipt).toMatchObject({ verdict: "done", counts: { turns: 2 }, review: first });
      expect(receipt.tokens).not.toBeNull();
      expect(lab.model.userTexts()[1]).toMatch(says);
      expect(await lab.left()).toEqual([]);
    }),
  );

  test("that changes what it may not is a violation of the run", () =>
    inLab({ files: RED_FILES, script: [[DONE], [{ run: "touch other.txt" }, DONE]] }, async (lab) => {
      const { called, receipt } = await review(lab, "--scope", "fixed.txt", ...RED_CHECK, RED_GOAL);
      expect(called.code, called.stdout).toBe(5);
      expect(receipt).toMatchObject({ review: { verdict: "unverified" }, out_of_scope: [{ path: "other.txt" }] });
      // What was not checked again is not called checked.
      expect(receipt.verification_detail).toMatch(
        /^after the first turn: .*; not run after the second: the run changed/,
      );
    }));

  test("may ask, and its answer goes into it", () =>
    inLab(
      {
        files: RED_FILES,
        script: [[DONE], [{ call: "ask_caller", args: { question: "Where?" } }, { run: "touch fixed.txt" }, DONE]],
      },
      async (lab) => {
        const parked = await lab.ask("--auto-review", ...RED_CHECK, RED_GOAL);
        expect(parked.code, parked.stderr).toBe(4);
        expect(parked.stdout).toContain("[QUESTION] Where?");
        const answered = await lab.ask("--session", parked.lines.run_id ?? "", "here");
        expect(answered.code, answered.stdout).toBe(0);
        expect(lab.receipt(parked.lines.run_id ?? "")).toMatchObject({
          counts: { turns: 2, questions: 1 },
          review: { verdict: "unverified" },
        });
      },
    ));

  test("goes on in the Codex of a live session, and the next message has none", () =>
    inLive({ files: RED_FILES, script: [[DONE], MENDS, [PARTIAL]] }, async (lab) => {
      const { broker_id: id, run_id } = await begin(lab, "--auto-review", ...RED_CHECK);
      await ended(lab, run_id);
      expect(lab.receipt(run_id)).toMatchObject({
        verdict: "done",
        counts: { turns: 2 },
        review: { verdict: "unverified" },
      });
      const pids = lab.events(run_id).filter(({ type }) => type === "thread");
      expect(pids).toHaveLength(2);
      const { codex_process: codex } = brokerOf(lab, id);
      const sent = await send(lab, id, "and now the rest");
      await ended(lab, sent.run_id);
      expect(lab.receipt(sent.run_id)).toMatchObject({ verdict: "failed", counts: { turns: 1 } });
      expect(lab.receipt(sent.run_id).review).toBeUndefined();
      expect(brokerOf(lab, id).codex_process).toEqual(codex);
      // One thread: 2 turns and the next one.
      expect(lab.model.userTexts()).toHaveLength(3);
    }));
});

describe("there is no second turn", () => {
  const ROWS: { row: string; lab: LabOptions; args?: string[]; code: number }[] = [
    { row: "a login that is refused", lab: { script: [{ status: 401 }], provider: NO_RETRIES }, code: 3 },
    {
      row: "the usage limit",
      lab: {
        script: [
          { status: 429, body: { error: { type: "usage_limit_reached", message: "limit", resets_at: 1_800_000_000 } } },
        ],
      },
      code: 3,
    },
    {
      row: "a violation",
      lab: { files: RED_FILES, script: [{ run: "touch other.txt" }, PARTIAL] },
      args: ["--scope", "fixed.txt"],
      code: 5,
    },
  ];
  test.each(ROWS)("after $row", ({ lab: options, args = [], code }) =>
    inLab(options, async (lab) => {
      const { called, receipt } = await review(lab, ...args, RED_GOAL);
      expect(called.code, called.stdout + called.stderr).toBe(code);
      expect(receipt.review).toBeUndefined();
      expect(receipt.counts.turns).toBe(1);
      expect(called.stdout + called.stderr).not.toMatch(/AUTO_REVIEW|second/);
      expect(typesOf(lab, receipt)).not.toContain("review_started");
    }),
  );

  test("without the flag", () =>
    inLab({ files: RED_FILES, script: [[DONE], MENDS] }, async (lab) => {
      const called = await lab.ask(...RED_CHECK, RED_GOAL);
      expect(called.code).toBe(6);
      const receipt = lab.receipt(called.lines.run_id ?? "");
      expect(receipt).toMatchObject({ verdict: "unverified", counts: { turns: 1 } });
      expect(receipt.review).toBeUndefined();
      expect(called.stdout).not.toContain("AUTO_REVIEW");
      expect(existsSync(join(lab.recordDir(receipt.run_id), "review-prompt.md"))).toBe(false);
    }));
});
