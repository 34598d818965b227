import { describe, expect, it } from "vitest";
import { AskCodexError } from "../../../src/core/errors.ts";
import type { RunEvent } from "../../../src/core/event.ts";
import type { PolicyRecord } from "../../../src/core/policy.ts";
import type { RunRequest } from "../../../src/core/request.ts";
import type { CheckedTurn, TurnParts } from "../../../src/run/checked-turn.ts";
import { codexOfRun } from "../../../src/run/codex-source.ts";
import { createLiveTurns } from "../../../src/run/live-turns.ts";
import { reviewTurn } from "../../../src/run/review-turn.ts";
import type { RunContext } from "../../../src/run/run-context.ts";
import { emptyVerification } from "../../../src/run/verification-record.ts";
import { samplePower, sampleRequest } from "../core/samples.ts";
import { handEngine } from "../engine/hand-engine.ts";
import { sampleThread } from "../engine/sample-thread.ts";
import { tempDir } from "../sys/temp-dir.ts";

const CANCELLED = { verdict: "cancelled", reason: "Ctrl-C" } as const;
const POLICY: PolicyRecord = {
  version: 1,
  status: "ok",
  policy: "ok",
  profile: null,
  power: samplePower(),
  trees: { before: "a", after: "b" },
  ref: null,
  changed: [],
  out_of_scope: [],
  concurrent: [],
  ignored: { compared: 0, changed: [], elapsed_ms: 0, complete: true },
  head_moved: null,
  refs_changed: [],
  index_changed: false,
  dirty_before: [],
  volatile: { patterns: [], left_out: 0 },
  not_covered: [],
};

/** A run whose first turn is over and said "partial"; what belongs to a second one is by hand. */
async function world(opening?: () => void, threadId = "thread-1", over: Partial<RunRequest> = {}) {
  const events: RunEvent[] = [];
  const engine = handEngine(opening ? { opening } : {});
  const context = {
    dir: tempDir(),
    request: sampleRequest({ autoReview: true, ...over }),
    session: undefined,
    codex: codexOfRun([engine], sampleThread({}), "r-unit-review-turn"),
    hooks: { onEvent: (event: RunEvent) => void events.push(event), onRaw() {}, onStderr() {} },
    onParked() {},
  } as unknown as RunContext;
  const turns = createLiveTurns(context);
  let whileKeeping = () => {};
  const parts: TurnParts = {
    context,
    audit: {
      opened: async () => undefined,
      look: async () => ({ failure: "nobody looks" }),
      close: async () => POLICY,
      async keep(policy) {
        whileKeeping();
        return { policy, warnings: [] };
      },
      release() {},
    },
    checker: {
      base: async () => false,
      after: async () => ({ record: emptyVerification(), stop: undefined, skipped: "none was asked for" }),
      cancel() {},
    },
  };
  const { watch, taking } = turns.now();
  const thread = engine.prepare(sampleThread({}), taking.hooks);
  for (const event of [
    ...(threadId === "" ? [] : [{ type: "thread" as const, threadId }]),
    { type: "turn", turnId: "1" },
    { type: "message", text: "Half.\n\nStatus: partial" },
    { type: "turn_ended", status: "completed" },
  ] satisfies RunEvent[])
    taking.hooks.onEvent(event);
  watch.close();
  const first: CheckedTurn = {
    watch,
    thread,
    failure: undefined,
    fallback: "app-server is too old",
    degraded: undefined,
    stop: undefined,
    policy: POLICY,
    verification: emptyVerification(),
    unchecked: "none was asked for",
    processes: { killed: ["sleep (1)"], left: [] },
  };
  const before = engine.threads.length;
  return {
    engine,
    events,
    turns,
    first,
    second: () => engine.threads.slice(before),
    whileKeeping: (does: () => void) => {
      whileKeeping = does;
    },
    review: () => reviewTurn(parts, turns, first),
  };
}

describe("a run that is stopped between its turns", () => {
  it.each(["before the first is kept", "while it is kept"])(
    "is cancelled and begins no second one (%s)",
    async (when) => {
      const { turns, review, second, events, first, whileKeeping } = await world();
      if (when === "while it is kept") whileKeeping(() => turns.stop(CANCELLED));
      else turns.stop(CANCELLED);
      expect(await review()).toEqual({ turn: { ...first, stop: CANCELLED }, review: undefined, warnings: [] });
      expect(second()).toEqual([]);
      expect(events.map(({ type }) => type)).not.toContain("review_started");
    },
  );
});

describe("a second turn", () => {
  it("begins in the thread of the first, and what the run had to say of both is kept", async () => {
    const { turns, review, second, engine, events } = await world();
    const reviewed = review();
    await expect.poll(() => engine.last().turns).toHaveLength(1);
    expect(second().map(({ request }) => request.threadId)).toEqual(["thread-1"]);
    expect(engine.last().turns[0]?.prompt).toContain("You reported it as partial");
    engine.last().say({ type: "message", text: "All.\n\nStatus: done" });
    engine.last().end();
    const { turn, review: first } = await reviewed;
    expect(first).toMatchObject({ verdict: "failed", exit_code: 1, answer: "Half.\n\nStatus: partial" });
    expect(turn).toMatchObject({ fallback: "app-server is too old", processes: { killed: ["sleep (1)"] } });
    expect(turn.watch).toBe(turns.now().watch);
    expect(turn.watch.state()).toMatchObject({ turns: 2, messages: 2, lastMessage: "All.\n\nStatus: done" });
    expect(events.filter(({ type }) => type === "review_started")).toHaveLength(1);
  });

  it.each<[what: string, request: Partial<RunRequest>, promised: boolean]>([
    ["in a thread that the run began", {}, true],
    ["in a thread that was there before us", { threadId: "thread-1" }, false],
  ])("is promised the tool for questions only where Codex has it (%s)", async (_, request, promised) => {
    const { review, engine } = await world(undefined, "thread-1", request);
    const reviewed = review();
    await expect.poll(() => engine.last().turns).toHaveLength(1);
    expect(engine.last().turns[0]?.prompt.includes("ask_caller")).toBe(promised);
    engine.last().end();
    await reviewed;
  });

  it("that can't begin leaves the first one, and is told", async () => {
    const { review, first, events } = await world(() => {
      throw new AskCodexError("refused", "the session is busy");
    });
    const { turn, review: told, warnings } = await review();
    expect(told).toBeUndefined();
    expect(turn.watch).toBe(first.watch);
    expect(warnings).toEqual(["the second turn could not begin: the session is busy"]);
    expect(events.at(-1)).toEqual({ type: "warning", message: warnings[0] });
  });

  it("whose Codex dies in the middle has begun: the run ends as the second one did", async () => {
    const { review, engine } = await world();
    const reviewed = review();
    await expect.poll(() => engine.last().turns).toHaveLength(1);
    engine.last().die();
    const { turn, review: first } = await reviewed;
    expect(turn.failure).toMatchObject({ kind: "killed" });
    expect(first).toMatchObject({ verdict: "failed" });
  });

  it("is stopped like the first one", async () => {
    const { turns, review, engine } = await world();
    const reviewed = review();
    await expect.poll(() => engine.last().turns).toHaveLength(1);
    turns.stop(CANCELLED);
    expect(await reviewed).toMatchObject({ turn: { stop: CANCELLED }, review: { verdict: "failed" } });
    expect(engine.last().calls).toEqual(["open", "interrupt", "close"]);
  });
});

it("there is none where nobody knows the thread", async () => {
  const { review, first, second } = await world(undefined, "");
  expect(await review()).toEqual({ turn: first, review: undefined, warnings: [] });
  expect(second()).toEqual([]);
});
