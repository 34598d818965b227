import { AskCodexError } from "../../../src/core/errors.ts";
import type { RunEvent } from "../../../src/core/event.ts";
import type { Engine, Thread, ThreadHooks, ThreadRequest, TurnInput } from "../../../src/engine/engine.ts";

/** A thread that does what the test says, when the test says it; it has no process. */
export interface HandThread extends Thread {
  request: ThreadRequest;
  /** What it was asked, in order. */
  turns: TurnInput[];
  steers: { messageId: string; text: string; take: (taken: boolean) => void }[];
  /** What was done to it, in order. */
  calls: string[];
  /** How long each of its ends was waited for. */
  graces: number[];
  /** It hears neither the interrupt nor the end of its input. */
  deaf: boolean;
  say(event: RunEvent): void;
  /** Codex has begun the turn that it was asked for. */
  begin(): void;
  end(status?: "completed" | "failed" | "interrupted"): void;
  /** It goes away without a word. */
  die(): void;
}

export interface HandEngine extends Engine {
  threads: HandThread[];
  /** The one that was made last. */
  last(): HandThread;
}

export interface HandOptions {
  name?: Engine["name"];
  /** What comes before a thread is open; what it throws is what Codex says. */
  opening?: (thread: HandThread) => Promise<void> | void;
  /** A turn begins with the request for it; false: the test begins it. */
  prompt?: boolean;
  deaf?: boolean;
  /** Process ids of whatever the test has put below it. */
  roots?: number[];
}

/** An engine of threads that are moved by hand. A new thread has the id `thread-N`, one that goes on keeps its own. */
export function handEngine(options: HandOptions = {}): HandEngine {
  const { name = "app-server", opening, prompt = true, deaf = false, roots = [] } = options;
  const threads: HandThread[] = [];
  const prepare = (request: ThreadRequest, hooks: ThreadHooks): HandThread => {
    const number = threads.length + 1;
    let turn: { resolve: () => void; reject: (error: Error) => void } | undefined;
    let gone = false;
    let tellGone: () => void = () => {};
    const question = new Set<string>();
    const leave = () => {
      gone = true;
      tellGone();
    };
    const thread: HandThread = {
      request,
      turns: [],
      steers: [],
      calls: [],
      graces: [],
      deaf,
      engine: name,
      codexVersion: "0",
      degraded: undefined,
      roots,
      get stays() {
        return !gone;
      },
      get busy() {
        return turn !== undefined;
      },
      gone: new Promise((resolve) => {
        tellGone = resolve;
      }),
      async open() {
        thread.calls.push("open");
        await opening?.(thread);
        hooks.onEvent({ type: "thread", threadId: request.threadId ?? `thread-${number}`, model: "m" });
      },
      async run(input) {
        thread.turns.push(input);
        const over = new Promise<void>((resolve, reject) => {
          turn = { resolve, reject };
        });
        over.catch(() => {});
        if (gone) thread.die();
        else if (prompt) thread.begin();
        await over;
      },
      steer: (messageId, text) =>
        new Promise((take) => {
          thread.steers.push({ messageId, text, take });
        }),
      async interrupt() {
        thread.calls.push("interrupt");
        if (thread.deaf) return new Promise(() => {});
        if (turn) thread.end("interrupted");
      },
      answer(callId, text) {
        if (!question.delete(callId)) return false;
        thread.calls.push(`answer ${text}`);
        hooks.onEvent({ type: "answered", callId });
        return true;
      },
      async close(graceMs) {
        thread.calls.push("close");
        thread.graces.push(graceMs);
        leave();
        return !thread.deaf;
      },
      say(event) {
        if (event.type === "question") question.add(event.callId);
        hooks.onEvent(event);
      },
      begin: () => hooks.onEvent({ type: "turn", turnId: `turn-${thread.turns.length}` }),
      end(status = "completed") {
        const ended = turn;
        turn = undefined;
        hooks.onEvent({ type: "turn_ended", status });
        ended?.resolve();
      },
      die() {
        leave();
        turn?.reject(new AskCodexError("killed", "Codex was killed by SIGKILL"));
      },
    };
    threads.push(thread);
    return thread;
  };
  return {
    name,
    prepare,
    threads,
    last() {
      const thread = threads.at(-1);
      if (!thread) throw new Error("no thread was made");
      return thread;
    },
  };
}
