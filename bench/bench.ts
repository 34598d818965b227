import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { isBundleFresh } from "../scripts/sources.mjs";
import { messageOf } from "../src/core/errors.ts";
import { ROOT } from "../test/kit/lab.ts";
import { stopSignal } from "../test/kit/stop-signal.ts";
import type { Context } from "./context.ts";
import { measureAudit } from "./measure-audit.ts";
import { measureBackground } from "./measure-background.ts";
import { measureDoctor } from "./measure-doctor.ts";
import { measureHooks } from "./measure-hooks.ts";
import { measureLive } from "./measure-live.ts";
import { measureMemory, measureStream } from "./measure-memory.ts";
import { measureTimes } from "./measure-times.ts";
import { HELP, type Options, parseOptions, SECTIONS, type Section } from "./options.ts";
import { renderResults, renderTable } from "./render.ts";
import type { Row } from "./row.ts";
import { runProcess } from "./run-process.ts";
import { measureTokenCost } from "./token-cost.ts";
import { openWorld, type World } from "./world.ts";

process.exitCode = await main(process.argv.slice(2));

/** Resolves with the exit code: 0 when all was measured, whether or not the goals are met. */
async function main(argv: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(argv);
  } catch (error) {
    say(`${messageOf(error)}\n  hint: see npm run bench -- --help`);
    return 64;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = stopSignal();
  try {
    await measure(options, stop);
    return 0;
  } catch (error) {
    // Whoever stops us stops what we started, too: how that ended is no news.
    say(messageOf(stop.aborted ? stop.reason : error));
    return stop.aborted ? 130 : 1;
  }
}

async function measure(options: Options, stop: AbortSignal): Promise<void> {
  const [load = 0] = loadavg();
  if (load > cpus().length / 4) say(`the machine is not quiet (load ${load.toFixed(2)}): the numbers will wander`);
  const world = await openWorld();
  let rows: Row[];
  let codex: string;
  try {
    const check = () => {
      stop.throwIfAborted();
      refuseStaleBundle();
    };
    codex = await codexVersion(world);
    const context: Context = { world, rounds: options.rounds, starts: options.starts, check, stop, say };
    rows = await measureSections(context, options);
    check();
  } finally {
    await world.lab.close();
  }
  if (options.only !== undefined) {
    process.stdout.write(`${renderTable(rows)}\n`);
    return;
  }
  const facts = { date: new Date(), node: process.versions.node, codex, cores: cpus().length };
  writeFileSync(join(ROOT, "bench", "RESULTS.md"), renderResults(rows, { ...facts, ...options }));
  process.stdout.write(`${renderTable(rows)}\n`);
}

async function measureSections(context: Context, { only, skipStream }: Options): Promise<Row[]> {
  const rows: Row[] = [];
  const measures: Record<Section, (context: Context) => Promise<Row[]>> = {
    times: measureTimes,
    memory: measureMemory,
    stream: measureStream,
    live: measureLive,
    audit: measureAudit,
    background: measureBackground,
    claude: async (of) => [...(await measureTokenCost(of)), ...(await measureHooks(of)), ...(await measureDoctor(of))],
  };
  for (const section of only === undefined ? SECTIONS : [only]) {
    if (section !== "stream" || !skipStream) rows.push(...(await measures[section](context)));
  }
  return rows;
}

/** A launcher with a stale bundle runs the sources, which is something else than what users run. */
function refuseStaleBundle(): void {
  let fresh = false;
  try {
    fresh = isBundleFresh();
  } catch {
    // Somebody builds or moves files at this very moment.
  }
  if (!fresh) throw new Error("the sources changed while they were measured: run the benchmark again");
}

async function codexVersion(world: World): Promise<string> {
  const { stdout } = await runProcess(world, world.argv.version);
  return stdout.trim().split(" ").at(-1) ?? "unknown";
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
