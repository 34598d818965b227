import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "./cases.ts";
import { after, type Bounds, look, objectIn } from "./check-readers.ts";
import { findLeft } from "./living.ts";
import { hold } from "./outcome.ts";
import type { Stage, Timed } from "./stage.ts";

const SANDBOX_DIRS = [".codex", ".agents", ".aws"];

/** `stop` ends a session whatever has become of it. */
export async function checkStop(stage: Stage, bounds: Bounds): Promise<void> {
  stage.step = "stop";
  await checkStopped(stage, await stage.broker("stop", "--json", stage.brokerId), bounds, ["stopped"]);
}

/** A `stop` that was under way when the session was injured ends it, too; a broker that died meanwhile is lost. */
export async function checkStopping(stage: Stage, fault: Fault, bounds: Bounds): Promise<void> {
  stage.step = "the stop that was under way";
  if (stage.stopping === undefined) return;
  const words = fault === "stop-broker" || fault === "kill-codex" ? ["stopped"] : ["stopped", "lost"];
  await checkStopped(stage, await stage.stopping, bounds, words);
}

/** It returned in time, and nothing of the session is left: no process, no directory in the workspace. */
async function checkStopped(stage: Stage, called: Timed, { stopMs }: Bounds, words: readonly string[]): Promise<void> {
  hold(called.ms <= stopMs, `stop within ${stopMs} ms`, after(called.ms));
  const said = objectIn(called);
  hold(words.includes(said.status), words.join(" or "), said);
  await checkNothingLeft(stage);
  const seen = await look(stage);
  hold(words.includes(seen.status), words.join(" or "), seen);
}

/** No process of the session lives, and its workspace is as it was. */
export async function checkNothingLeft(stage: Stage): Promise<void> {
  stage.step = "what is left of the session";
  // A call that was cut off may still be saying so.
  await Promise.all(stage.pending);
  const left = await findLeft(stage);
  hold(left.length === 0, "no process", left.map(({ name, pid }) => `${name} (${pid})`).join(", "));
  const dirs = SANDBOX_DIRS.filter((name) => existsSync(join(stage.lab.workspace, name)));
  hold(dirs.length === 0, "no directory of Codex's sandbox in the workspace", dirs.join(", "));
}
