import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { What } from "../../../src/core/inbox.ts";
import type { Receipt } from "../../../src/core/record.ts";
import { isAddressee } from "../../../src/inbox/acknowledge.ts";
import { acknowledgePrinted } from "../../../src/inbox/acknowledge-printed.ts";
import { isAcknowledged } from "../../../src/inbox/item-store.ts";
import { sampleReceipt, sampleRequest } from "../core/samples.ts";
import { ALIVE, DEAD, envOf, newWorld, QUESTION, runId, type Session, type World } from "./inbox-world.ts";

const OWN: Session = { session: "own", owner: ALIVE };
const ID = runId(1);
const ASKED: What = `question:${QUESTION.callId}`;

describe("whom the end of a run is for", () => {
  const ROWS: [claude: Session | null | undefined, env: NodeJS.ProcessEnv, is: boolean][] = [
    [OWN, { CLAUDE_CODE_SESSION_ID: "own" }, true],
    [OWN, { CLAUDE_CODE_SESSION_ID: "cleared", CLAUDE_PID: String(ALIVE.pid) }, true],
    [{ ...OWN, owner: DEAD }, { CLAUDE_CODE_SESSION_ID: "other", CLAUDE_PID: String(DEAD.pid) }, false],
    [OWN, { CLAUDE_CODE_SESSION_ID: "other", CLAUDE_PID: "1" }, false],
    [{ ...OWN, owner: null }, { CLAUDE_CODE_SESSION_ID: "other" }, false],
    [OWN, {}, false],
    [null, {}, true],
    [null, { CLAUDE_CODE_SESSION_ID: "other" }, true],
    [undefined, { CLAUDE_CODE_SESSION_ID: "own" }, false],
  ];
  test.each(ROWS)("%j, asked by %j", (claude, env, is) => {
    const background = claude === undefined ? {} : { background: { claude, maxParallel: 0, notBefore: null } };
    expect(isAddressee(sampleRequest(background), env)).toBe(is);
  });
});

describe("what was printed", () => {
  /** How a run looks whose question was printed. */
  const parked = (over: Partial<Receipt> = {}): Receipt =>
    sampleReceipt({
      run_id: ID,
      verdict: "question",
      exit_code: 4,
      question: { question: QUESTION.question, options: QUESTION.options },
      ended_at: "2026-11-21T05:11:03.001Z",
      ...over,
    });
  function asking(): { world: World; dir: string } {
    const world = newWorld();
    const dir = world.start(ID, OWN);
    world.note(ID, { state: "waiting_input", question: QUESTION });
    return { world, dir };
  }
  const printed = (world: World, dir: string, receipt: Receipt, stdout: Writable = new PassThrough()) =>
    acknowledgePrinted({ dir, receipt, env: envOf(world.home, OWN) }, stdout);
  const readIn = (dir: string) => [ASKED, "finished" as const].filter((what) => isAcknowledged(dir, what));

  test("a question is acknowledged, and the end is not", async () => {
    const { world, dir } = asking();
    await printed(world, dir, parked());
    expect(readIn(dir)).toEqual([ASKED]);
  });

  test("an end is, and the question before it is not", async () => {
    const { world, dir } = asking();
    world.end(ID, { ended_at: "2026-11-21T05:12:00.000Z" });
    await printed(world, dir, parked({ ended_at: "2026-11-21T05:12:00.000Z" }));
    expect(readIn(dir)).toEqual(["finished"]);
  });

  test.each<[name: string, later: (world: World) => void]>([
    ["answered", (world) => world.note(ID, { state: "running" })],
    ["over", (world) => world.end(ID, { ended_at: "2026-11-21T05:12:00.000Z" })],
    ["asked again", ({ note }) => note(ID, { question: { ...QUESTION, askedAt: "2026-11-21T05:12:00.000Z" } })],
    ["asked otherwise", ({ note }) => note(ID, { question: { ...QUESTION, question: "Really?" } })],
  ])("nothing is that nobody has seen: %s while it was printed", async (_, later) => {
    const { world, dir } = asking();
    later(world);
    await printed(world, dir, parked());
    expect(readIn(dir)).toEqual([]);
  });

  test("what did not leave this process was not read, and what is gone is no error", async () => {
    const { world, dir } = asking();
    const closed = new Writable({ write: (_, __, done) => done(new Error("EPIPE")) });
    closed.on("error", () => {});
    await printed(world, dir, parked(), closed);
    await printed(world, `${dir}-gone`, parked());
    expect(readIn(dir)).toEqual([]);
  });
});
