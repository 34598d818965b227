import type { ThreadRequest } from "../../../src/engine/engine.ts";
import type { Policy } from "../../../src/policy/plan-policy.ts";
import { samplePower } from "../core/samples.ts";

/** A policy in all its forms, each so small that a table can show it; a test names only what it is about. */
export const samplePolicy = (over: Partial<Policy> = {}): Policy => ({
  power: samplePower(),
  name: "ask_codex_r_1",
  profile: {
    filesystem: { ":root": "read", ":project_roots": { ".": "write" }, "/state": "deny" },
    network: { enabled: false },
  },
  legacy: { mode: "workspace-write", settings: { writable_roots: ["/w"], network_access: false } },
  shellEnvironment: { inherit: "all", set: { ASK_CODEX_RUN: "r-1" } },
  commandEnv: { PATH: "/bin", ASK_CODEX_RUN: "r-1" },
  ...over,
});

/** Full access, which no profile can say. */
export const FULL_ACCESS = samplePolicy({
  power: samplePower({ write: "everything", network: true }),
  profile: null,
  legacy: { mode: "danger-full-access", settings: {} },
});

/** A thread as the broker asks for it; a test names only what it is about. */
export const sampleThread = (over: Partial<ThreadRequest>): ThreadRequest => ({
  cwd: "/w",
  policy: samplePolicy(),
  env: { CODEX_HOME: "/no/such/home" },
  codex: { command: "/opt/codex", args: [] },
  scratch: "/state/r-1",
  ...over,
});
