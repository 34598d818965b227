import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as installer from "../../../scripts/install/for-doctor.mjs";
import type { Program, Said, World } from "../../../src/doctor/check.ts";

export const said = (what: Partial<Said> = {}): Said => ({ exitCode: 0, stdout: "", stderr: "", ...what });

/** A healthy machine in a temporary directory, except for what is given. `answers`: what each program says, by its words. */
export function sampleWorld(
  given: Partial<World> = {},
  answers: (words: string, program: Program) => Partial<Said> | undefined = () => undefined,
): World & { dir: string } {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "doctor-")));
  const env = { HOME: dir, PATH: dir, CODEX_HOME: join(dir, "codex-home"), ASK_CODEX_BIN: process.execPath };
  const healthy: Record<string, Partial<Said>> = {
    "--version": { stdout: "codex-cli 0.169.0\n" },
    "app-server --help": {},
    "login status": { stderr: "Logged in using ChatGPT\n" },
  };
  return {
    dir,
    platform: "linux",
    nodeVersion: "20.19.0",
    workspace: dir,
    git: true,
    root: join(import.meta.dirname, "..", "..", ".."),
    bundled: true,
    installer,
    now: new Date("2026-11-21T12:00:00Z"),
    signal: new AbortController().signal,
    marker: "doctor-test",
    self: (script) => `node ${script}.mjs`,
    home: () => join(dir, "state"),
    async run(program) {
      const words = program.args.join(" ");
      return said(answers(words, program) ?? healthy[words] ?? {});
    },
    defaults: async () => ({ engine: "app-server", quotaGate: 85 }),
    leftovers: async () => [],
    removeLeftover: () => true,
    ...given,
    env: { ...env, ...given.env },
  };
}
