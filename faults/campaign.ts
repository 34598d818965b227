import { cpus, loadavg } from "node:os";
import { messageOf } from "../src/core/errors.ts";
import { canMount } from "../test/kit/small-disk.ts";
import { stopSignal } from "../test/kit/stop-signal.ts";
import { planCases } from "./cases.ts";
import { DEFAULT_WITHIN_SECONDS, HELP, type Options, parseOptions } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { renderCampaign, renderProblem } from "./render.ts";
import { runCases } from "./run-cases.ts";

/** Within this `codex_broker stop` promises the end. */
const STOP_MS = 5_000;

process.exitCode = await main(process.argv.slice(2));

/** Resolves with the exit code: 0 when every case held. */
async function main(argv: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(argv);
  } catch (error) {
    say(`${messageOf(error)}\n  hint: see npm run faults -- --help`);
    return 64;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (process.platform !== "linux") {
    say("the campaign needs Linux: it looks for processes in /proc");
    return 64;
  }
  const stop = stopSignal();
  try {
    const outcomes = await injureAll(options, stop);
    process.stdout.write(renderCampaign(outcomes));
    return outcomes.some(({ word }) => word === "FAILED") ? 1 : 0;
  } catch (error) {
    say(messageOf(error));
    return stop.aborted ? 130 : 1;
  }
}

function injureAll(options: Options, signal: AbortSignal): Promise<Outcome[]> {
  const cases = planCases(options);
  const canFillDisks = canMount();
  if (!canFillDisks) say("no file system can be mounted here: full-disk is left out");
  const [load = 0] = loadavg();
  if (load > cpus().length / 2)
    say(`the machine is not quiet (load ${load.toFixed(2)}): an answer may be late by that`);
  say(`${cases.length} cases, seed ${options.seed}, ${options.jobs} side by side`);
  let done = 0;
  return runCases(cases, {
    jobs: options.jobs,
    bounds: {
      readMs: options.withinSeconds * 1000,
      // A machine on which readers may be late is slow for everybody.
      stopMs: STOP_MS + Math.max(0, options.withinSeconds - DEFAULT_WITHIN_SECONDS) * 1000,
      pauseMs: options.stopSeconds * 1000,
    },
    keep: options.keep,
    canFillDisks,
    signal,
    onEnd(outcome) {
      done += 1;
      const { one, word, seconds } = outcome;
      say(`${done}/${cases.length} ${one.point}/${one.fault} ${word} ${seconds.toFixed(1)} s`);
      if (word === "FAILED") say(renderProblem(outcome));
    },
  });
}

function say(text: string): void {
  process.stderr.write(`faults: ${text}\n`);
}
