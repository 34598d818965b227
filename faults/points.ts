import { existsSync } from "node:fs";
import { join } from "node:path";
import { brokerOf, DONE, kill, runStatus } from "../test/kit/live.ts";
import type { Beat } from "../test/kit/scripted-model.ts";
import type { PointName } from "./cases.ts";
import { appServersOf } from "./injure.ts";
import { hold } from "./outcome.ts";
import type { Point } from "./point.ts";
import { brokersIn, hasEvent, messagesIn, readRecord, type Stage } from "./stage.ts";

/** A child that TERM does not end and that left its command's process tree: whoever ends the turn has to wait for it. */
const STUBBORN = `(setsid sh -c 'trap "" TERM; while [ ! -e gone ]; do sleep 0.1; done' >/dev/null 2>&1 &)`;
const WORK = "touch at-work; while [ ! -e go ]; do sleep 0.05; done";
/** A command that goes on until `letGo`, after what comes before it. */
const workAfter = (before: string): Beat => ({ run: `${before}; ${WORK}`, yieldMs: 60_000 });
const UNTIL_GO = workAfter(":");
const CHECK = ["--verify", "sh check.sh"];
const afterwards = (...beats: Beat[]): Beat[][] => [[...beats, DONE], [DONE]];

const atWork = (stage: Stage) => stage.until("a command runs", () => existsSync(join(stage.lab.workspace, "at-work")));
const asked = (stage: Stage) => stage.until("the model is asked", () => stage.gate.waiting > 0);
const interrupted = (stage: Stage) =>
  stage.until("Codex is told to interrupt", () => readRecord(stage, "raw.jsonl").includes('"turn/interrupt"'));

async function work(stage: Stage): Promise<void> {
  await stage.begin();
  await atWork(stage);
}

/** Finds the session by its folder, and its run by its first message. */
function findSession(stage: Stage): boolean {
  stage.brokerId = brokersIn(stage.lab)[0] ?? "";
  stage.runId = stage.brokerId === "" ? "" : (messagesIn(stage)[0]?.request.runId ?? "");
  return stage.runId !== "";
}

/** The latest broker has started its Codex, which does not get any further. */
const codexIsHeld = (stage: Stage) =>
  stage.until("the broker has started Codex", () => {
    const { owner } = brokerOf(stage.lab, stage.brokerId);
    return owner !== null && appServersOf(owner.pid).length > 0;
  });

export const POINT_TABLE: Record<PointName, Point> = {
  "broker-starting": {
    script: () => afterwards(),
    holds: true,
    async reach(stage) {
      stage.holdCodex();
      await stage.begin();
      await codexIsHeld(stage);
    },
    words: ["queued"],
    turn: "unsent",
    spreadMs: 200,
  },
  "thread-open": {
    script: () => afterwards(),
    async reach(stage) {
      await stage.begin(...CHECK, "--verify-base");
      // Between the thread and its prompt stands the check of what was there before.
      await stage.until("the check before the turn runs", () => hasEvent(stage, '"check_started"', '"base"'));
      await stage.until("the thread is known", () => runStatus(stage.lab, stage.runId).threadId !== undefined);
    },
    words: ["queued", "running"],
    turn: "unsent",
    spreadMs: 200,
  },
  "prompt-sent": {
    script: ({ gate }) => [[{ ...DONE, gate }], [DONE]],
    async reach(stage) {
      // It comes before `start` has told of the session.
      stage.pending.push(stage.begin());
      await stage.until("a session on the disk", () => findSession(stage));
      await stage.until("Codex is given the prompt", () => readRecord(stage, "status.json").includes('"sent"'));
    },
    words: ["queued", "running"],
    turn: "going",
    spreadMs: 200,
  },
  "turn-started": {
    script: ({ gate }) => [[{ ...DONE, gate }], [DONE]],
    async reach(stage) {
      await stage.begin();
      await asked(stage);
    },
    words: ["running"],
    turn: "going",
    spreadMs: 200,
  },
  streaming: {
    script: ({ gate }) => [[{ say: "Done.\n\nStatus: done", deltas: ["I am writing "], textGate: gate }], [DONE]],
    async reach(stage) {
      await stage.begin();
      await asked(stage);
    },
    words: ["running"],
    turn: "going",
    spreadMs: 200,
  },
  "mid-command": {
    script: () => afterwards(UNTIL_GO),
    reach: work,
    words: ["running"],
    turn: "going",
    spreadMs: 200,
  },
  strays: {
    script: ({ numbers }) => afterwards(workAfter(`(setsid sleep ${numbers.child} >/dev/null 2>&1 &)`)),
    config: ({ server }) => `[mcp_servers.m]\ncommand = "sleep"\nargs = ["${server}"]\n`,
    reach: work,
    words: ["running"],
    turn: "going",
    spreadMs: 200,
  },
  "between-commands": {
    script: ({ gate }) => [[{ run: "echo one" }, { run: "echo two", gate }, DONE], [DONE]],
    async reach(stage) {
      await stage.begin();
      await asked(stage);
    },
    words: ["running"],
    turn: "going",
    spreadMs: 200,
  },
  "question-parked": {
    script: () => afterwards({ call: "ask_caller", args: { question: "Which one?", options: ["this", "that"] } }),
    async reach(stage) {
      await stage.begin();
      await stage.until("a question waits", () => hasEvent(stage, '"question"'));
      await stage.until("the run waits", () => runStatus(stage.lab, stage.runId).state === "waiting_input");
    },
    words: ["waiting_input"],
    turn: "going",
    spreadMs: 200,
  },
  steered: {
    script: () => afterwards(UNTIL_GO),
    async reach(stage) {
      await work(stage);
      const sent = await stage.send("do it another way", "--steer");
      hold(sent.stdout.includes('"steered"'), "a message steers a turn in the middle of a command", sent.stdout);
    },
    words: ["running"],
    turn: "going",
    spreadMs: 200,
  },
  "queued-behind": {
    script: () => afterwards(UNTIL_GO),
    async reach(stage) {
      await work(stage);
      for (const task of ["one more", "another", "and another"]) {
        const sent = await stage.send(task);
        hold(sent.code === 0, "a message is queued behind a turn", sent.stderr);
      }
    },
    words: ["running"],
    turn: "going",
    spreadMs: 200,
  },
  interrupting: {
    script: () => afterwards(workAfter(STUBBORN)),
    async reach(stage) {
      await work(stage);
      stage.pending.push(stage.send("leave that, and do this", "--interrupt"));
      await interrupted(stage);
    },
    words: ["running"],
    turn: "cut",
    spreadMs: 30,
  },
  verifying: {
    script: () => afterwards({ run: "echo one" }),
    async reach(stage) {
      await stage.begin(...CHECK);
      await stage.until("the check runs", () => hasEvent(stage, '"check_started"', '"after"'));
    },
    words: ["running"],
    turn: "ended",
    spreadMs: 200,
  },
  finishing: {
    script: () => afterwards({ run: `${STUBBORN}; echo one` }),
    async reach(stage) {
      await stage.begin();
      await stage.until("the turn has ended", () => hasEvent(stage, '"turn_ended"'));
      hold(readRecord(stage, "result.json") === "", "the turn has ended and the receipt is not there yet", "a receipt");
    },
    words: ["running"],
    turn: "ended",
    spreadMs: 50,
  },
  idle: {
    script: () => afterwards({ run: "echo one" }),
    async reach(stage) {
      await stage.begin();
      const waited = await stage.broker("wait", "--quiet", stage.brokerId);
      hold(waited.code === 0, "wait exits with the run's code, 0", `${waited.code}: ${waited.stderr}`);
    },
    words: ["waiting_input"],
    turn: "over",
    spreadMs: 200,
  },
  resuming: {
    script: () => afterwards(UNTIL_GO),
    holds: true,
    async reach(stage) {
      await work(stage);
      await stage.send("one more");
      await kill(brokerOf(stage.lab, stage.brokerId).owner?.pid);
      stage.holdCodex();
      stage.pending.push(stage.broker("resume", "--json", stage.brokerId));
      await codexIsHeld(stage);
    },
    words: ["queued", "running", "attention_required"],
    turn: "lost",
    spreadMs: 200,
  },
  stopping: {
    script: () => afterwards(workAfter(STUBBORN)),
    async reach(stage) {
      await work(stage);
      const sent = await stage.send("one more");
      hold(sent.code === 0, "a message is queued behind a turn", sent.stderr);
      stage.stopping = stage.broker("stop", "--json", stage.brokerId);
      stage.pending.push(stage.stopping);
      await interrupted(stage);
    },
    words: ["running", "stopped", "lost"],
    turn: "cut",
    stops: true,
    spreadMs: 30,
  },
  anywhere: {
    script: () => [[{ run: "echo one" }, { run: "echo two" }, DONE], [{ run: "echo three" }, DONE], [DONE]],
    async reach(stage) {
      await stage.begin();
      for (const task of ["one more", "another"]) stage.pending.push(stage.send(task));
      await stage.until("a broker", () => brokerOf(stage.lab, stage.brokerId).owner !== null);
    },
    words: ["queued", "running", "waiting_input"],
    turn: "any",
    spreadMs: 3_000,
  },
};
