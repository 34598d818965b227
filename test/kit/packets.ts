import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { Packet } from "../../src/core/packet.ts";
import type { Power } from "../../src/core/policy.ts";
import { VerificationRecord } from "../../src/core/verification.ts";
import type { Called, CallOptions, Lab } from "./lab.ts";
import { picture } from "./picture.ts";
import { expectSentence } from "./refusal.ts";

/** What `--dry-run --json` says, as far as tests ask. */
export interface DryRun {
  workspace: string;
  role: string;
  power: Power;
  limits: { totalMs: number; idleMs: number; maxSteps: number; checkMs: number };
  engine: string;
  model: string;
  reasoning: string;
  packet: Packet;
  sources: Record<string, string>;
  delegate: boolean | null;
  deny: string[];
  volatile: string[];
  warnings: string[];
  prompt: string;
}

/** Puts a file where a path of the lab leads, with the folders above it. */
export function put(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A file of the workspace. */
export const putIn = (lab: Lab, name: string, content: string | Uint8Array): string =>
  put(join(lab.workspace, name), content);

/** Everything that is in the workspace, as a commit of somebody else's. */
export function commitAll(lab: Lab): void {
  lab.git("add", "-A");
  lab.git("-c", "user.name=lab", "-c", "user.email=lab@example.invalid", "commit", "-q", "--allow-empty", "-m", "more");
}

/** Plans a call and says what came out; starts and writes nothing. */
export async function dryRun(lab: Lab, args: readonly string[], options?: CallOptions): Promise<DryRun> {
  const called = await lab.call("ask_codex", ["--dry-run", "--json", ...args], options);
  expect(called.code, called.stderr).toBe(0);
  return JSON.parse(called.stdout);
}

/** All that a call could leave, the bytes of the workspace among it; links are not followed. */
const traces = (lab: Lab) => ({
  workspace: picture(lab),
  answers: isIn(lab, ".ask-codex"),
  home: existsSync(lab.home) ? readdirSync(lab.home, { recursive: true }).map(String).sort() : undefined,
  requests: lab.model.requests.length,
});

/** What the program may not do with bad input: say more than a sentence, start something, or write something. */
export async function expectRefused(
  lab: Lab,
  args: readonly string[],
  expected: { code?: number; says: RegExp; hint?: RegExp },
  options?: CallOptions,
): Promise<Called> {
  // The broker of a run before takes its socket away as it goes.
  await lab.left();
  const before = traces(lab);
  const called = await lab.call("ask_codex", args, options);
  expectSentence(called, { code: 64, ...expected });
  expect(traces(lab)).toEqual(before);
  expect(lab.processes()).toEqual([]);
  return called;
}

export const verificationOf = (lab: Lab, runId: string | undefined): VerificationRecord =>
  VerificationRecord.parse(JSON.parse(readFileSync(join(lab.recordDir(runId ?? ""), "verification.json"), "utf8")));

export const isIn = (lab: Lab, name: string): boolean => existsSync(join(lab.workspace, name));
