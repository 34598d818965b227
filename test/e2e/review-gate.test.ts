import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { isRunId } from "../../src/core/ids.ts";
import { readReceipt, readStatus } from "../../src/run/record.ts";
import { attempt } from "../../src/sys/files.ts";
import type { ClaudeCode } from "../kit/claude-code.ts";
import { heldUp, inGatedClaude, nativeReview, open, type Shown, settle, talk, writes } from "../kit/gated-claude.ts";
import { inLab, type Lab, until } from "../kit/lab.ts";
import type { Beat } from "../kit/scripted-model.ts";

const DIVIDES = { file: "calc.ts", title: "It divides by zero" };
const PASSED = "ask-codex: the review gate let this stop pass: ";
const ON = "review_gate: on";
const EDIT = [writes("export const half = (n: number) => n / 0;"), { say: "Done." }];

/** Claude writes, is held up as often as there are rounds, and writes anew each time; Codex says one thing a round. */
async function rounds(world: ClaudeCode, ...answers: Beat[]): Promise<Shown> {
  const { lab } = world;
  const [first, ...later] = answers;
  lab.model.script(first ? [first] : []);
  const session = talk(world, "Write calc.ts.");
  for (const [at, answer] of later.entries()) {
    await heldUp(world, session, new RegExp(`round ${at + 1} of 3`));
    lab.model.script([answer]);
    open(lab, `go-${at}`);
  }
  return session;
}

/** The record of every run. */
const runsOf = ({ home }: Lab): string[] =>
  readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => isRunId(basename(path)))
    .map((path) => join(home, path));

const edits = (count: number) =>
  Array.from({ length: count }, (_, at) => [writes(`mended ${at};`, `go-${at}`), { say: `Mended ${at}.` }]).flat();

test("a finding holds Claude up, it mends the file, and the second review lets it go", () =>
  inGatedClaude({ settings: ON, moves: [...EDIT, ...edits(1)] }, async (world) => {
    const { lab, claude } = world;
    const shown = await rounds(world, nativeReview(lab.workspace, DIVIDES), nativeReview(lab.workspace));
    expect([shown.held, shown.notices], shown.stdout).toEqual([1, []]);
    expect(claude.told()).toMatch(
      /found 1 thing:\n- f-\w+ \[high\] calc\.ts:1: It divides by zero\nMend what is right/,
    );
    expect(lab.model.requests).toHaveLength(2);
    expect(await lab.left()).toEqual([]);
  }));

test("the same finding twice is no progress: the stop passes, and the user is told", () =>
  inGatedClaude({ settings: ON, moves: [...EDIT, ...edits(1)] }, async (world) => {
    const finds = nativeReview(world.lab.workspace, DIVIDES);
    const shown = await rounds(world, finds, finds);
    expect(shown.held, shown.stdout).toBe(1);
    expect(shown.notices).toEqual([
      `Stop says: ${PASSED}stagnated: round 2 found again all that round 1 had found, and 1 finding is still open`,
    ]);
  }));

test("Claude that changes nothing after a finding costs no second review", () =>
  inGatedClaude({ settings: ON, moves: [...EDIT, { say: "It is right as it is." }] }, async (world) => {
    const shown = await rounds(world, nativeReview(world.lab.workspace, DIVIDES));
    expect([shown.held, shown.notices], shown.stdout).toEqual([
      1,
      [`Stop says: ${PASSED}stagnated: nothing was changed after round 1, and 1 finding is still open`],
    ]);
    expect(world.lab.model.requests).toHaveLength(1);
  }));

test(
  "three rounds are the most, however much is found",
  () =>
    inGatedClaude({ settings: ON, moves: [...EDIT, ...edits(3)] }, async (world) => {
      const finds = (title: string) => nativeReview(world.lab.workspace, { file: "calc.ts", title });
      const titles = ["It divides by zero", "The name of the export was lost", "Strings are not escaped"];
      const session = rounds(world, ...titles.map(finds));
      await heldUp(world, session, /round 3 of 3/);
      open(world.lab, "go-2");
      const shown = await session;
      expect(shown.held, shown.stdout).toBe(3);
      expect(shown.notices).toEqual([expect.stringContaining("the limit of 3 rounds is reached")]);
      expect(world.lab.model.requests).toHaveLength(3);
    }),
  120_000,
);

test("a session spends no more than its budget", () =>
  inGatedClaude({ settings: "review_gate:\n  tokens: 100", moves: [...EDIT, ...edits(1)] }, async (world) => {
    const finds = nativeReview(world.lab.workspace, DIVIDES);
    const shown = await rounds(world, finds, finds);
    expect(shown.held, shown.stdout).toBe(1);
    expect(shown.notices).toEqual([expect.stringMatching(/the session's budget is used up: \d+ of 100 tokens$/)]);
    expect(world.lab.model.requests).toHaveLength(1);
  }));

const LIMITED: Beat = {
  status: 429,
  body: { error: { type: "usage_limit_reached", message: "The usage limit has been reached", plan_type: "plus" } },
};

test.each<[string, string, Beat[], RegExp]>([
  ["the usage limit", ON, [LIMITED], /usage limit/],
  ["a stream that stays open", "review_gate:\n  timeout: 3", [{ hang: true }], /the gate's limit of 3 s was reached/],
  ["prose", ON, [{ say: "I looked at it, and it seems fine." }], /the review is unparsed/],
  ["JSON that is no review", ON, [{ say: '{"verdict":"block","findings":"all of it"}' }], /the review is unparsed/],
  ["an error of the service", ON, [{ failed: { code: "server_error", message: "boom" } }], /the review is incomplete/],
])("what is no verdict holds nobody up: %s", (_, settings, script, why) =>
  inGatedClaude({ settings, moves: EDIT }, async (world) => {
    const shown = await rounds(world, ...script);
    expect([shown.code, shown.held], shown.stdout).toEqual([0, 0]);
    expect(shown.notices).toEqual([expect.stringMatching(new RegExp(`^Stop says: ${PASSED}.*${why.source}`))]);
    expect(await world.lab.left()).toEqual([]);
  }),
);

test.each([
  ["Codex that exits with 1", "#!/bin/sh\nexit 1\n"],
  ["no Codex", undefined],
])("a broken installation holds nobody up: %s", (_, program) =>
  inGatedClaude({ settings: ON, moves: EDIT }, async (world) => {
    const path = join(world.lab.dir, "codex");
    if (program !== undefined) {
      writeFileSync(path, program);
      chmodSync(path, 0o755);
    }
    const shown = await talk({ ...world, env: { ...world.env, ASK_CODEX_BIN: path } }, "Write calc.ts.");
    expect([shown.code, shown.held], shown.stdout).toEqual([0, 0]);
    expect(shown.notices).toEqual([expect.stringContaining(PASSED)]);
    expect(await world.lab.left()).toEqual([]);
  }),
);

test.each([
  ["the gate is off", "review_gate: off", EDIT],
  ["the turn changed nothing", ON, [{ say: "Nothing to do." }]],
])("no Codex is asked and nothing is said where %s", (_, settings, moves) =>
  inGatedClaude({ settings, moves, files: { "calc.ts": "1;\n" } }, async (world) => {
    writeFileSync(join(world.lab.workspace, "dirty-before.ts"), "of the user's;\n");
    const shown = await rounds(world, nativeReview(world.lab.workspace, DIVIDES));
    expect([shown.held, shown.notices], shown.stdout).toEqual([0, []]);
    expect(world.lab.model.requests).toEqual([]);
  }),
);

test("what a run of Codex is in the middle of is not reviewed as Claude's", () =>
  inGatedClaude({ settings: ON, moves: EDIT }, async (world) => {
    const { lab } = world;
    lab.model.script([{ hang: true }]);
    const started = await lab.ask("--background", "make it");
    const runId = started.lines.run_id ?? "";
    await until(() => readStatus(lab.recordDir(runId)).owner !== undefined);
    const shown = await talk(world, "Write calc.ts.");
    expect(shown.held, shown.stdout).toBe(0);
    expect(shown.notices).toEqual([`Stop says: ${PASSED}all that was changed may be of a run that goes on (${runId})`]);
    await lab.call("codex_runs", ["cancel", runId]);
    expect(await lab.left()).toEqual([]);
  }));

test("when Claude Code ends the hook, the review is cancelled with it", () =>
  inGatedClaude({ settings: ON, moves: EDIT, installed: "copy" }, async (world) => {
    const { lab, skill } = world;
    lab.model.script([{ hang: true }]);
    const command = (event: string) => `node "${skill}/scripts/codex_hook.mjs" ${event}`;
    const hooks = {
      UserPromptSubmit: [{ hooks: [{ type: "command", command: command("user-prompt-submit") }] }],
      Stop: [{ hooks: [{ type: "command", command: command("stop"), timeout: 6 }] }],
    };
    const session = talk(world, "Write calc.ts.", "--settings", JSON.stringify({ hooks }));
    await until(() => lab.model.requests.length > 0);
    const shown = await session;
    expect([shown.code, shown.held], shown.stdout).toEqual([0, 0]);
    expect(await lab.left()).toEqual([]);
    expect(runsOf(lab).map((run) => readReceipt(run)?.verdict)).toEqual(["cancelled"]);
  }));

test(
  "a hook that is killed leaves a review that ends by itself",
  () =>
    inLab({ script: [{ hang: true }] }, async (lab) => {
      settle(lab, "review_gate:\n  timeout: 8");
      const stdin = JSON.stringify({ session_id: "s-1", prompt_id: "p-1", cwd: lab.workspace });
      await lab.call("codex_hook", ["user-prompt-submit"], { stdin });
      writeFileSync(join(lab.workspace, "README.md"), "changed\n");
      const hook = lab.start("codex_hook", ["stop"], { stdin });
      await until(() => runsOf(lab).some((run) => attempt(() => readStatus(run).owner) !== undefined));
      hook.kill("SIGKILL");
      await hook.done;
      const [run = ""] = runsOf(lab);
      await until(() => readReceipt(run) !== undefined);
      expect(readReceipt(run)).toMatchObject({ verdict: "timeout" });
      expect(await lab.left()).toEqual([]);
    }),
  120_000,
);
