import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { AskFlags } from "../../../src/commands/ask/flags.ts";
import type { PowerInput } from "../../../src/commands/ask/plan-power.ts";
import type { Power } from "../../../src/core/policy.ts";
import { findRole } from "../../../src/packet/roles/index.ts";
import { sampleSession } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

/** What a call asks for; everything else is as it is by default. */
export interface Asked {
  role?: string;
  roleNamed?: boolean;
  flags?: AskFlags;
  scope?: string[];
  /** What the session was started with. */
  had?: Power;
}

/** A workspace with a file and a link that leads out of it; the caller stands in its src. */
export function powerWorld() {
  const dir = tempDir();
  const workspace = join(dir, "a repo");
  const cwd = join(workspace, "src");
  mkdirSync(join(cwd, "deep"), { recursive: true });
  writeFileSync(join(cwd, "a.ts"), "");
  mkdirSync(join(dir, "beside"));
  symlinkSync("../beside", join(workspace, "out"));
  const input = ({ role = "writer", roleNamed = false, flags = {}, scope, had }: Asked): PowerInput => ({
    flags,
    role: findRole(role),
    scope: scope === undefined ? undefined : { entries: scope, source: "--scope" },
    workspace,
    callerDir: workspace,
    cwd,
    stateHome: join(dir, "state"),
    session: had === undefined ? undefined : sampleSession({ workspace, power: had }),
    roleNamed,
  });
  return { dir, workspace, cwd, input };
}

export const usage = (message: RegExp) =>
  expect.objectContaining({
    kind: "usage",
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\w/),
  });
