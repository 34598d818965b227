import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Power } from "../../../src/core/policy.ts";
import type { LegacySandbox } from "../../../src/policy/plan-policy.ts";
import { NO_POWER, samplePower } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { samplePlan } from "./sample-plan.ts";

const writing = (settings: object): LegacySandbox => ({
  mode: "workspace-write",
  settings: {
    writable_roots: ["/w", "/state/tmp/r-1"],
    network_access: false,
    exclude_slash_tmp: false,
    exclude_tmpdir_env_var: true,
    ...settings,
  },
});

describe("what a Codex without profiles is given: the strictest mode that fits", () => {
  it.each<[name: string, power: Power, grants: string[], legacy: LegacySandbox]>([
    ["nothing", NO_POWER, [], { mode: "read-only", settings: {} }],
    ["nothing, with the network", { ...NO_POWER, network: true }, [], { mode: "read-only", settings: {} }],
    ["the workspace", samplePower(), ["/w"], writing({})],
    ["the workspace, with the network", samplePower({ network: true }), ["/w"], writing({ network_access: true })],
    ["the workspace, without /tmp", samplePower({ tmp: false }), ["/w"], writing({ exclude_slash_tmp: true })],
    [
      "a scope",
      samplePower({ write: "scope", scope: ["src/"] }),
      ["/w/src"],
      writing({ writable_roots: ["/w/src", "/state/tmp/r-1"] }),
    ],
    [
      "directories outside",
      samplePower({ writable: ["/cache"] }),
      ["/cache", "/w"],
      writing({ writable_roots: ["/cache", "/w", "/state/tmp/r-1"] }),
    ],
    [
      "everything",
      samplePower({ write: "everything", network: true }),
      [],
      { mode: "danger-full-access", settings: {} },
    ],
    [
      "everything, with a scope for the audit",
      samplePower({ write: "everything", scope: ["src/"], network: true }),
      [],
      { mode: "danger-full-access", settings: {} },
    ],
  ])("%s", (_, power, grants, legacy) => {
    expect(samplePlan({ power, grants }).legacy).toEqual(legacy);
  });
});

describe("a policy", () => {
  it("says the same in every form", () => {
    const power = samplePower({ env: ["MY_TOKEN"] });
    const env = { HOME: "/no/such/home", PATH: "/bin", MY_TOKEN: "t", OTHER_TOKEN: "o" };
    const policy = samplePlan({ power, env });
    expect(policy.power).toBe(power);
    expect(policy.name).toBe("ask_codex_r_1");
    expect(policy.profile).toMatchObject({ filesystem: { "/state": "deny", "/state/tmp/r-1": "write" } });
    expect(policy.shellEnvironment).toMatchObject({
      include_only: expect.arrayContaining(["PATH", "MY_TOKEN"]),
      set: { TMPDIR: "/state/tmp/r-1", ASK_CODEX_RUN: "r-1" },
    });
    expect(policy.commandEnv).toEqual({
      HOME: "/no/such/home",
      PATH: "/bin",
      MY_TOKEN: "t",
      TMPDIR: "/state/tmp/r-1",
      TMP: "/state/tmp/r-1",
      TEMP: "/state/tmp/r-1",
      ASK_CODEX_RUN: "r-1",
    });
  });

  it("has no profile with full access, and the same environment", () => {
    const policy = samplePlan({ power: samplePower({ write: "everything", network: true }) });
    expect(policy.profile).toBeNull();
    expect(policy.shellEnvironment).toEqual(samplePlan({}).shellEnvironment);
  });

  it.each<[name: string, env: (dir: string) => NodeJS.ProcessEnv]>([
    ["CODEX_HOME", (dir) => ({ HOME: "/no/such/home", CODEX_HOME: join(dir, ".codex") })],
    ["the home's .codex", (dir) => ({ HOME: dir })],
    ["the home's .codex where CODEX_HOME is empty", (dir) => ({ HOME: dir, CODEX_HOME: "" })],
  ])("closes Codex's login in %s", (_, env) => {
    const dir = tempDir();
    mkdirSync(join(dir, ".codex"));
    writeFileSync(join(dir, ".codex", "auth.json"), "{}");
    expect(samplePlan({ env: env(dir) }).profile).toMatchObject({
      filesystem: { [join(dir, ".codex", "auth.json")]: "deny" },
    });
  });

  it("closes what the settings name", () => {
    const workspace = tempDir();
    mkdirSync(join(workspace, "vault"));
    const { profile } = samplePlan({
      workspace,
      grants: [workspace],
      deny: ["vault/", "/no/such/place", "/srv/*.key"],
    });
    expect(profile).toMatchObject({ filesystem: { ":project_roots": { vault: "deny" }, "/srv/*.key": "deny" } });
    expect(JSON.stringify(profile)).not.toContain("no/such/place");
  });
});
