import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Message } from "../src/core/session.ts";
import { createGate, type Gate } from "../test/kit/gate.ts";
import { type Called, codexBinary, type Lab, openLab } from "../test/kit/lab.ts";
import { folderOf, longTime } from "../test/kit/live.ts";
import type { Said } from "./account-for.ts";
import { endAll } from "./living.ts";
import { hold, Unmet } from "./outcome.ts";
import type { Point } from "./point.ts";

/** A call that never returns is a finding, not a reason to wait for ever. */
const CALL_MS = 30_000;
/** How long a session may take to come to its point, or to the end of what it has to do. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 2;

export interface Timed extends Called {
  ms: number;
}

export interface Waiting {
  patienceMs?: number;
  /** What there was instead, for whoever reads that it never came. */
  found?: () => unknown;
}

/** The world of one case, and what was said to its session. */
export interface Stage {
  lab: Lab;
  /** Holds the scripted model's answer at the point. */
  gate: Gate;
  /** Numbers of seconds for which nobody else sleeps: by these a process is known that has lost its environment. */
  numbers: { server: string; child: string };
  /** What the case is doing, for whoever reads that it failed there. */
  step: string;
  brokerId: string;
  /** The run that is under way at the point. */
  runId: string;
  /** Codex had begun a turn before the injury: from then on the session has its thread. */
  wasSpoken: boolean;
  /** Everything that was said to the session, in this order, and whether it was acknowledged. */
  said: Said[];
  /** Calls that go on while the session is injured. */
  pending: Promise<unknown>[];
  /** The `stop` that was under way at the point. */
  stopping: Promise<Timed> | undefined;
  /** Calls codex_broker from a directory that has nothing to do with the session. */
  broker(...args: string[]): Promise<Timed>;
  runs(...args: string[]): Promise<Timed>;
  /** Starts the session; its goal is the first thing said. */
  begin(...options: string[]): Promise<void>;
  send(text: string, ...options: string[]): Promise<Timed>;
  /** Waits until something is so, looking all the time. */
  until(what: string, isSo: () => boolean | Promise<boolean>, how?: Waiting): Promise<void>;
  /** Codex does not come up from now on, until `letGo`. */
  holdCodex(): void;
  /** Nothing is held any more: neither the model, nor a command, a check, or a Codex that starts. */
  letGo(): void;
  /** Ends every process of the lab and removes it; with `keepAt` it is moved there instead. */
  close(keepAt?: string): Promise<void>;
}

/** Opens the world of a case; `signal` ends whatever it waits for. */
export async function openStage(point: Point, signal: AbortSignal): Promise<Stage> {
  const gate = createGate();
  const numbers = { server: longTime(), child: longTime() };
  const lab = await openLab({
    script: point.script({ gate, numbers }),
    files: { "README.md": "# a project\n", "check.sh": "while [ ! -e go ]; do sleep 0.05; done\n" },
    ...(point.config === undefined ? {} : { config: point.config(numbers) }),
  });
  const holder = join(lab.dir, "codex-that-waits");
  const held = join(lab.dir, "codex-is-held");
  writeFileSync(holder, holdingScript(held));
  chmodSync(holder, 0o755);

  const call = async (script: string, args: readonly string[], cwd: string): Promise<Timed> => {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const env = point.holds ? { ASK_CODEX_BIN: holder } : {};
    const running = lab.start(script, args, { cwd, env });
    const late = setTimeout(() => running.kill("SIGKILL"), CALL_MS);
    const called = await running.done.finally(() => clearTimeout(late));
    signal.throwIfAborted();
    const ms = performance.now() - startedAt;
    hold(called.signal === null, `${script} ${args[0]} returns within ${CALL_MS / 1000} s`, `it had to be killed`);
    return { ...called, ms };
  };

  const stage: Stage = {
    lab,
    gate,
    numbers,
    step: "starting the session",
    brokerId: "",
    runId: "",
    wasSpoken: false,
    said: [],
    pending: [],
    stopping: undefined,
    broker: (...args) => call("codex_broker", args, "/"),
    runs: (...args) => call("codex_runs", args, "/"),
    async begin(...options) {
      const said: Said = { mark: "say-0", how: "queue", acknowledged: undefined };
      stage.said.push(said);
      const text = `${said.mark}: begin the work; the tests must pass`;
      const started = await call("codex_broker", ["start", "--json", ...options, text], lab.workspace);
      hold(started.code === 0, "start exits with 0", started.stdout + started.stderr);
      const { broker_id, run_id } = JSON.parse(started.stdout);
      stage.brokerId = broker_id;
      stage.runId = run_id;
      said.acknowledged = true;
    },
    async send(task, ...options) {
      const mark = `say-${stage.said.length}`;
      const how = options.includes("--steer") ? "steer" : options.includes("--interrupt") ? "interrupt" : "queue";
      const said: Said = { mark, how, acknowledged: undefined };
      stage.said.push(said);
      const sent = await call("codex_broker", ["send", "--json", ...options, stage.brokerId, `${mark}: ${task}`], "/");
      said.acknowledged = sent.code === 0;
      return sent;
    },
    async until(what, isSo, { patienceMs = PATIENCE_MS, found } = {}) {
      const startedAt = performance.now();
      while (!(await isSo())) {
        signal.throwIfAborted();
        if (performance.now() - startedAt > patienceMs)
          throw new Unmet(`${what} within ${patienceMs / 1000} s`, found?.() ?? "it is not so");
        await sleep(LOOK_EVERY_MS);
      }
    },
    holdCodex: () => writeFileSync(held, ""),
    letGo() {
      gate.open();
      rmSync(held, { force: true });
      writeFileSync(join(lab.workspace, "go"), "");
    },
    async close(keepAt) {
      gate.open();
      await endAll(stage);
      await Promise.allSettled(stage.pending);
      await endAll(stage);
      if (keepAt !== undefined && existsSync(lab.dir)) renameSync(lab.dir, keepAt);
      await lab.close();
    },
  };
  return stage;
}

/** The text of a file of the run's record as far as it is written; "" before. */
export function readRecord(stage: Stage, name: string, runId = stage.runId): string {
  try {
    return readFileSync(join(stage.lab.recordDir(runId), name), "utf8");
  } catch {
    return "";
  }
}

/** The live sessions of a lab. */
export function brokersIn({ home }: Lab): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => /sessions\/[^/]+\/queue$/.test(path))
    .map((path) => basename(dirname(path)));
}

/** Every message that the session has a file of, wherever its queue keeps it, by number. */
export function messagesIn({ lab, brokerId }: Stage): Message[] {
  const queue = join(folderOf(lab, brokerId), "queue");
  return readdirSync(queue, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => Message.parse(JSON.parse(readFileSync(join(queue, name), "utf8"))))
    .sort((one, two) => one.number - two.number);
}

/** Whether the run has told an event of which these words are a part. */
export const hasEvent = (stage: Stage, ...words: readonly string[]): boolean =>
  readRecord(stage, "events.jsonl")
    .split("\n")
    .some((line) => words.every((word) => line.includes(word)));

/** The real Codex, that begins its app-server only when nobody holds it. */
const holdingScript = (held: string): string => `#!/bin/sh
case " $* " in *" app-server "*) while [ -e '${held}' ]; do sleep 0.02; done ;; esac
exec '${codexBinary()}' "$@"
`;
