import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { isAcknowledged } from "../../../../src/inbox/item-store.ts";
import {
  ALIVE,
  DEAD,
  liveSession,
  newWorld,
  QUESTION,
  runId,
  type Session,
  type World,
} from "../../inbox/inbox-world.ts";

const OWN: Session = { session: "own", owner: ALIVE };
const ID = runId(1);

/** What `wait` prints of the same run, which is the contract of both. */
const waitFor = ({ call }: World, ...argv: string[]) => call(null, ["wait", ID, ...argv]);

describe("result", () => {
  test.each([
    ["done", 0, "", []],
    ["unverified", 6, "[CODEX_COMPLETE] unverified", []],
    ["done", 0, '"verdict":"done"', ["--json"]],
    ["lost", 137, '"verdict":"lost"', ["--json"]],
  ] as const)("says of a run that is %s what wait says, and exits with %i", async (verdict, exit_code, text, argv) => {
    const world = newWorld();
    world.ended(ID, undefined, { verdict, exit_code });
    const called = await world.call(null, ["result", ID, ...argv]);
    expect(called.out).toContain(text);
    expect(called).toEqual(await waitFor(world, ...argv));
    expect(called.code).toBe(exit_code);
  });

  test.each([
    [{}, /the run \S+ has not ended: it is running\n.*codex_runs wait r-/],
    [
      { state: "waiting_input", question: QUESTION },
      /has not ended: it asks "Which database\?"\n.*ask_codex --session r-\S+ "…" answers it/,
    ],
  ] as const)("of a run that goes on is refused: %j", async (status, sentence) => {
    const world = newWorld();
    world.start(ID, OWN);
    world.note(ID, "question" in status ? { ...status, question: QUESTION } : {});
    const { code, out, err } = await world.call(OWN, ["result", ID]);
    expect([code, out]).toEqual([75, ""]);
    expect(err).toMatch(sentence);
  });

  test("finds out that a run is lost", async () => {
    const world = newWorld();
    world.start(ID, OWN);
    world.note(ID, { owner: DEAD });
    const { code, out } = await world.call(OWN, ["result", ID]);
    expect([code, out]).toEqual([137, expect.stringContaining("verdict=lost\n")]);
  });
});

describe("result --answer", () => {
  const answerOf = (world: World) => world.call(null, ["result", ID, "--answer"]);

  test("is the answer and nothing else, with the run's code", async () => {
    const world = newWorld();
    world.ended(ID, undefined, { answer: "one\n\ntwo", verdict: "unverified", exit_code: 6 });
    expect(await answerOf(world)).toEqual({ code: 6, out: "one\n\ntwo\n", err: "" });
  });

  test("is all of it, where the receipt has only its head", async () => {
    const world = newWorld();
    const path = join(world.workspace, ".ask-codex", "r.md");
    world.ended(ID, undefined, { answer: "head", answer_truncated: true, output_path: path });
    const cut = { code: 0, out: "head\n", err: expect.stringContaining(`the file with all of it, ${path}, is gone`) };
    expect(await answerOf(world)).toEqual(cut);
    mkdirSync(dirname(path));
    writeFileSync(path, "somebody else's\n");
    expect(await answerOf(world)).toEqual(cut);
    writeFileSync(path, "head and the rest\n");
    expect(await answerOf(world)).toEqual({ code: 0, out: "head and the rest\n", err: "" });
  });

  test("says why there is none on stderr", async () => {
    const world = newWorld();
    world.ended(ID, undefined, { answer: "", verdict: "fatal", exit_code: 3, reason: "no login" });
    expect(await answerOf(world)).toEqual({ code: 3, out: "", err: "the run left no answer: fatal: no login\n" });
  });

  test("is no JSON", async () => {
    const world = newWorld();
    world.ended(ID, undefined);
    expect((await world.call(null, ["result", ID, "--answer", "--json"])).code).toBe(64);
  });
});

describe("result acknowledges the end", () => {
  const CLAUDES = { own: OWN, dead: { ...OWN, owner: DEAD }, nobody: null };
  test.each([
    ["own", "own", true],
    ["own", "other", false],
    ["own", "terminal", false],
    ["dead", "other", false],
    ["nobody", "other", true],
    ["nobody", "terminal", true],
  ] as const)("of a run that was started by: %s, the caller is: %s", async (claude, caller, acknowledged) => {
    const world = newWorld();
    const dir = world.ended(ID, CLAUDES[claude]);
    const callers = { own: OWN, other: liveSession("other"), terminal: null };
    await world.call(callers[caller], ["result", ID]);
    expect(isAcknowledged(dir, "finished")).toBe(acknowledged);
  });

  test("for the session that the inbox showed it to in a dead one's place", async () => {
    const world = newWorld();
    const dir = world.ended(ID, CLAUDES.dead);
    const other = liveSession("other");
    expect(await world.ids(other)).toEqual([ID]);
    await world.call(other, ["result", ID, "--answer"]);
    expect(isAcknowledged(dir, "finished")).toBe(true);
  });

  test("not of a run that somebody waited for", async () => {
    const world = newWorld();
    const dir = world.ended(ID, undefined);
    await world.call(OWN, ["result", ID]);
    expect(isAcknowledged(dir, "finished")).toBe(false);
  });

  test("not where its reader has left", async () => {
    const world = newWorld();
    const dir = world.ended(ID, OWN);
    const gone = new Writable({ write: (_, __, done) => done(new Error("EPIPE")) });
    gone.on("error", () => {});
    await world.call(OWN, ["result", ID], { stdout: gone });
    expect(isAcknowledged(dir, "finished")).toBe(false);
  });
});
