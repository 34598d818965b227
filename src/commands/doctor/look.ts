import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Io } from "../../cli/define.ts";
import { exitCodeOf } from "../../core/exit-table.ts";
import { newRunId } from "../../core/ids.ts";
import type { Installer, World } from "../../doctor/check.ts";
import { CHECKS } from "../../doctor/checks.ts";
import { openWorld } from "../../doctor/open-world.ts";
import { type Checked, runChecks } from "../../doctor/run-checks.ts";
import { stateHome } from "../../sys/paths.ts";
import { PLATFORM } from "../../sys/platform.ts";
import { locate } from "../ask/locate.ts";
import { findLeftovers, removeLeftover } from "../runs/gc/find-leftovers.ts";
import { applyFixes, type Fixed } from "./apply-fixes.ts";
import { defaultsOf } from "./defaults.ts";
import { renderChecks } from "./render-checks.ts";
import { stopSignal } from "./stop-signal.ts";
import { symbolsFor } from "./symbols.ts";

export interface LookFlags {
  fix?: boolean | undefined;
  quiet?: boolean | undefined;
  json?: boolean | undefined;
  workspace?: string | undefined;
}

/** Runs all checks, mends what may be mended and looks again, and prints what is so then. Resolves with the exit code. */
export async function look(flags: LookFlags, installer: Installer, io: Io): Promise<number> {
  const { workspace, git } = locate(flags.workspace, io.cwd);
  const stop = stopSignal(io);
  const worlds: ReturnType<typeof openWorld>[] = [];
  const see = () => {
    const world = openWorld(describeWorld(io, { workspace, git, installer, signal: stop.signal }));
    worlds.push(world);
    return runChecks(CHECKS, world);
  };
  const work = (async () => {
    const seen = await see();
    if (!flags.fix || seen.every(({ fix }) => fix === undefined)) return { checks: seen, fixes: [] };
    const fixes = await applyFixes(seen, (line) => say(line, flags, io));
    return { checks: await see(), fixes };
  })();
  try {
    const { checks, fixes } = await Promise.race([work, stop.stopped]);
    return print(checks, fixes, workspace, flags, io);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    // What was begun takes its temporary files away when its programs have been ended.
    await Promise.race([work.catch(() => {}), sleep(TIDY_MS)]);
    io.stderr.write("codex_doctor: stopped\n");
    return stop.exitCode();
  } finally {
    for (const world of worlds) await world.close();
    stop.release();
  }
}

const TIDY_MS = 1_500;

function say(line: string, { json, quiet }: LookFlags, io: Io): void {
  if (!quiet) (json ? io.stderr : io.stdout).write(`${line}\n`);
}

function describeWorld(io: Io, place: Pick<World, "workspace" | "git" | "installer" | "signal">) {
  const now = new Date();
  return {
    ...place,
    env: io.env,
    platform: PLATFORM,
    nodeVersion: process.versions.node,
    // `<root>/scripts/…`, whichever of the two ways a broker is started in.
    root: dirname(dirname(io.brokerProgram[0] ?? "")),
    bundled: io.brokerProgram.length > 1,
    now,
    marker: `doctor-${newRunId(now)}`,
    self: io.self,
    home: () => stateHome(io.env),
    defaults: () => defaultsOf(place.workspace, io.env),
    leftovers: (home: string) => findLeftovers(home, new Set(), now.getTime()),
    removeLeftover,
  };
}

function print(checks: Checked[], fixes: Fixed[], workspace: string, flags: LookFlags, io: Io): number {
  const isFatal = checks.some(({ status }) => status === "fail");
  const code = isFatal ? exitCodeOf("fatal") : 0;
  const state = isFatal ? "fail" : checks.some(({ status }) => status === "warn") ? "warn" : "ok";
  if (flags.json) {
    const shown = checks.map(({ fix, ...check }) => ({ ...check, fixable: fix !== undefined }));
    io.stdout.write(
      `${JSON.stringify({ version: 1, doctor: state, exit_code: code, workspace, checks: shown, fixes })}\n`,
    );
  } else io.stdout.write(renderChecks(checks, { ...symbolsFor(io), quiet: flags.quiet ?? false }));
  return code;
}
