import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import type { Io } from "../../../../src/cli/define.ts";
import { beginTurn } from "../../../../src/commands/hook/begin-turn.ts";
import { gatePlace, readGate } from "../../../../src/commands/hook/gate-store.ts";
import { runGate } from "../../../../src/commands/hook/run-gate.ts";
import type { ReviewOptions, ReviewOutcome } from "../../../../src/commands/review/review-changes.ts";
import { tempRepo } from "../../policy/temp-repo.ts";
import { reviewResult, sampleFinding } from "./samples.ts";

/** A repository with a gate, and the turn of a session in it. */
function openTurn(settings = "on") {
  const repo = tempRepo({ "a.ts": "a\n", "b.ts": "b\n" });
  const home = join(repo.outside, "state");
  const asked: ReviewOptions[] = [];
  const signals = new Map<string, () => void>();
  let serial = 0;
  mkdirSync(home);
  writeFileSync(join(home, "settings.md"), `---\nreview_gate: ${settings}\n---\n`);
  const sink = () => new Writable({ write: (_, __, done) => done() });
  const io: Io = {
    argv: [],
    env: { ...repo.env, ASK_CODEX_HOME: home },
    cwd: repo.dir,
    stdin: Readable.from([]),
    stdout: sink(),
    stderr: sink(),
    brokerProgram: [],
    self: (script) => script,
    onSignal: (name, listener) => {
      signals.set(name, listener);
      return () => void signals.delete(name);
    },
  };
  const state = (session = "s") => readGate(gatePlace(home, repo.dir, session));
  const input = (session: string, call?: string) => ({
    session,
    turn: "p-1",
    dir: repo.dir,
    again: (state(session)?.rounds.length ?? 0) > 0,
    call: call ?? `c-${++serial}`,
  });
  return {
    repo,
    asked,
    signals,
    state,
    begin: (session = "s") => beginTurn(input(session), io),
    stop: (
      outcome: ReviewOutcome | ((options: ReviewOptions) => Promise<ReviewOutcome>),
      session = "s",
      call?: string,
    ) =>
      runGate(input(session, call), io, async (options) => {
        asked.push(options);
        return typeof outcome === "function" ? outcome(options) : outcome;
      }),
  };
}

const approved = { result: reviewResult() };
const finds = (id: string, file = "a.ts") => ({
  result: reviewResult({ review: "findings", findings: [sampleFinding({ id, file })] }),
});

test("a turn that changed nothing costs no review, whatever was dirty before it", async () => {
  const { repo, asked, begin, stop } = openTurn();
  repo.write({ "a.ts": "dirty\n", "new.ts": "untracked\n" });
  expect(await begin()).toBeUndefined();
  expect(await stop(approved)).toEqual({ stop: "allow", why: null });
  expect(asked).toEqual([]);
});

test("a review is of the turn's files alone, and findings hold the stop up until they are gone", async () => {
  const { repo, asked, begin, stop, state } = openTurn();
  repo.write({ "b.ts": "dirty before\n" });
  await begin();
  repo.write({ "a.ts": "changed\n" });
  const held = await stop(finds("f-1"));
  expect(held).toMatchObject({
    stop: "block",
    reason: expect.stringContaining("- f-1 [high] a.ts:3: It divides by zero."),
  });
  expect(asked[0]).toMatchObject({ target: "uncommitted", paths: ["a.ts"], kind: "native", timeoutS: 300 });
  expect(state()).toMatchObject({ spent: 101, rounds: [{ held_by: ["f-1"] }] });
  repo.write({ "a.ts": "mended\n" });
  expect(await stop(approved)).toEqual({ stop: "allow", why: null });
  expect(state()).toMatchObject({ spent: 202, rounds: [{ held_by: ["f-1"] }, { held_by: [] }] });
});

test("what was committed in the turn is reviewed, too", async () => {
  const { repo, asked, begin, stop } = openTurn();
  const head = repo.git("rev-parse", "HEAD").trim();
  await begin();
  repo.write({ "a.ts": "changed\n" });
  repo.git("commit", "-qam", "in the turn");
  await stop(approved);
  expect(asked).toMatchObject([{ target: { base: head }, paths: ["a.ts"] }]);
});

test.each([
  ["a branch without a commit", ["checkout", "-q", "--orphan", "other"], "was moved away from the commit"],
  ["an amended commit", ["commit", "-q", "--amend", "-am", "other"], "was moved away from the commit"],
])("what a head that went elsewhere brought is not reviewed as the turn's: %s", async (_, move, why) => {
  const { repo, asked, begin, stop } = openTurn();
  await begin();
  repo.write({ "a.ts": "changed\n" });
  repo.git(...move);
  expect(await stop(approved)).toEqual({ stop: "allow", why: expect.stringContaining(why) });
  expect(asked).toEqual([]);
});

test("two calls for one stop are one review, and two sessions never mix", async () => {
  const { repo, asked, begin, stop } = openTurn();
  await begin("one");
  repo.write({ "a.ts": "of one\n" });
  await begin("two");
  const both = await Promise.all([stop(finds("f-1"), "one", "call"), stop(finds("f-1"), "one", "call")]);
  expect(both.filter((answer) => answer?.stop === "block")).toHaveLength(1);
  expect(both.filter((answer) => answer === undefined)).toHaveLength(1);
  expect(asked).toHaveLength(1);
  expect(await stop(approved, "two")).toEqual({ stop: "allow", why: null });
  expect(asked).toHaveLength(1);
});

test.each([
  ["the gate is on", "on", /nothing is noted of the turn's beginning/],
  ["the gate is off", "off", undefined],
])("a turn whose beginning nobody saw: %s", async (_, settings, why) => {
  const { repo, asked, stop } = openTurn(settings);
  repo.write({ "a.ts": "changed\n" });
  const answer = await stop(finds("f-1"));
  expect(answer).toEqual(why === undefined ? undefined : { stop: "allow", why: expect.stringMatching(why) });
  expect(asked).toEqual([]);
});

test.each([
  ["a crash", async () => Promise.reject(new Error("the review crashed")), "the review crashed"],
  ["nothing to look at", async () => ({ nothing: "nothing" }), null],
  [
    "junk",
    async () => ({ result: reviewResult({ review: "unparsed", reason: "prose" }) }),
    "the review is unparsed: prose",
  ],
])("what is no verdict lets the stop pass: %s", async (_, outcome, why) => {
  const { repo, begin, stop, state } = openTurn();
  await begin();
  repo.write({ "a.ts": "changed\n" });
  expect(await stop(outcome)).toEqual({ stop: "allow", why });
  expect(state()?.rounds).toEqual([]);
});

test.each(["SIGTERM", "SIGHUP"])("%s to the hook cancels the review, and what it cost is counted", async (name) => {
  const { repo, begin, stop, signals, state } = openTurn();
  await begin();
  repo.write({ "a.ts": "changed\n" });
  const answer = stop(
    ({ signal }) =>
      new Promise((done) => {
        signal?.addEventListener("abort", () => done({ result: reviewResult({ review: "incomplete" }) }));
        signals.get(name)?.();
      }),
  );
  expect(await answer).toEqual({ stop: "allow", why: "the hook was stopped" });
  expect(state()).toMatchObject({ spent: 101, rounds: [] });
  expect(signals.size).toBe(0);
});

test("the gate's own limit ends a review that hangs", async () => {
  const { repo, begin, stop } = openTurn("\n  timeout: 1");
  await begin();
  repo.write({ "a.ts": "changed\n" });
  const answer = await stop(
    ({ signal }) => new Promise((_, fail) => signal?.addEventListener("abort", () => fail(new Error("aborted")))),
  );
  expect(answer).toEqual({ stop: "allow", why: "the gate's limit of 1 s was reached" });
});

test("a state that can't be kept never holds Claude up", async () => {
  const { repo, begin, stop } = openTurn();
  await begin();
  repo.write({ "a.ts": "changed\n" });
  const answer = await stop(async () => {
    rmSync(join(repo.outside, "state", "workspaces"), { recursive: true });
    return finds("f-1");
  });
  expect(answer).toMatchObject({ stop: "allow", why: expect.stringContaining("can't write") });
});

test("outside git nobody can say what a turn changed", async () => {
  const { repo, begin, stop } = openTurn();
  rmSync(join(repo.dir, ".git"), { recursive: true });
  expect(await begin()).toBeUndefined();
  expect(await stop(approved)).toEqual({ stop: "allow", why: expect.stringContaining("not a git repository") });
});
