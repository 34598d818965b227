import { DONE, type Scenario } from "../scenario.ts";

const TIMEOUT = { verdict: "timeout", exit: 2 } as const;
const SLEEPER: Scenario["script"] = [{ run: "touch started; sleep 300", yieldMs: 30_000 }, { say: DONE }];
const patience = 3;

/** How a run ends that is not ended by Codex. */
export const LIFECYCLE: readonly Scenario[] = [
  {
    name: "codex-killed",
    script: SLEEPER,
    fate: "kill -9 codex",
    verdict: "killed",
    exit: 137,
    why: "Codex was killed in the middle of a command",
  },
  {
    name: "broker-killed",
    script: SLEEPER,
    fate: "kill -9 broker",
    verdict: "lost",
    exit: 137,
    why: "nobody is left who could end the run",
  },
  { name: "ctrl-c", script: SLEEPER, fate: "ctrl-c", verdict: "cancelled", exit: 130, why: "the user stopped it" },
  {
    name: "cancelled-from-elsewhere",
    script: SLEEPER,
    fate: "cancel",
    verdict: "cancelled",
    exit: 130,
    why: "the user stopped it",
  },
  {
    name: "total-timeout-in-a-command",
    script: SLEEPER,
    args: ["--timeout", "1"],
    patience,
    ...TIMEOUT,
    why: "the limit and its grace passed",
  },
  {
    name: "total-timeout-in-a-stream",
    script: [{ hang: true }],
    args: ["--timeout", "1"],
    patience,
    ...TIMEOUT,
    why: "the limit and its grace passed",
  },
  {
    name: "idle-timeout",
    script: [{ hang: true }],
    args: ["--idle-timeout", "1"],
    patience,
    ...TIMEOUT,
    why: "silent for longer than allowed",
  },
  {
    name: "idle-clock-stands-in-a-command",
    script: [{ run: "sleep 8", yieldMs: 20_000 }, { say: DONE }],
    args: ["--idle-timeout", "3"],
    verdict: "done",
    exit: 0,
    why: "a command that runs is not silence",
  },
  {
    name: "max-steps",
    script: [{ run: "echo 1" }, { run: "echo 2" }, { run: "echo 3" }, { say: DONE }],
    args: ["--max-steps", "2"],
    ...TIMEOUT,
    why: "more steps than allowed",
  },
  {
    name: "steps-as-allowed",
    script: [{ run: "echo 1" }, { run: "echo 2" }, { say: DONE }],
    args: ["--max-steps", "2"],
    engines: ["app-server"],
    verdict: "done",
    exit: 0,
    why: "as many steps as allowed",
  },
  {
    name: "timeout-after-partial-words",
    script: [{ run: "echo half > half.txt" }, { hang: true, deltas: ["I have the error, ", "and I "] }],
    args: ["--idle-timeout", "1"],
    patience,
    ...TIMEOUT,
    why: "silent in the middle of a sentence",
  },
];
