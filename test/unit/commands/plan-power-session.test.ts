import { describe, expect, it } from "vitest";
import { planPower } from "../../../src/commands/ask/plan-power.ts";
import type { Power } from "../../../src/core/policy.ts";
import { BROKER_ID, NO_POWER, samplePower } from "../core/samples.ts";
import { type Asked, powerWorld, usage } from "./power-world.ts";

const EVERYTHING = samplePower({ write: "everything", network: true });
const scoped = (...scope: string[]) => samplePower({ write: "scope", scope });
const RICH = samplePower({ writable: ["/cache"], network: true, env: ["A", "B"] });

const power = (had: Power, asked: Asked) =>
  planPower(powerWorld().input({ ...asked, had, flags: { session: BROKER_ID, ...asked.flags } }));

describe("a session that goes on without a word about power", () => {
  it.each<[Power, role: string]>([
    [NO_POWER, "scout"],
    // A writer that was started with --scope none.
    [NO_POWER, "writer"],
    [scoped("src/a.ts", "docs/"), "writer"],
    [samplePower(), "writer"],
    [RICH, "writer"],
    [EVERYTHING, "writer"],
    [{ ...EVERYTHING, scope: ["src"] }, "writer"],
  ])("has just what it had: %j", (had, role) => {
    expect(power(had, { role })).toEqual(had);
  });
});

describe("a session that asks for less", () => {
  it.each<[name: string, had: Power, asked: Asked, expected: Power]>([
    ["nothing", samplePower(), { scope: ["none"] }, NO_POWER],
    ["nothing, by its sandbox", samplePower(), { flags: { sandbox: "read-only" } }, NO_POWER],
    ["to read", samplePower(), { role: "scout", roleNamed: true }, NO_POWER],
    [
      "to read, keeping the rest",
      RICH,
      { role: "scout", roleNamed: true },
      { ...NO_POWER, network: true, env: ["A", "B"] },
    ],
    ["a scope", samplePower(), { scope: ["src/"] }, scoped("src/")],
    ["a part of its scope", scoped("src", "docs"), { scope: ["src/a.ts"] }, scoped("src/a.ts")],
    [
      "a part of its scope, by its sandbox too",
      scoped("src"),
      { flags: { sandbox: "workspace-write" }, scope: ["src/a"] },
      scoped("src/a"),
    ],
    ["a scope, keeping the rest", RICH, { scope: ["src/"] }, { ...RICH, write: "scope", scope: ["src/"] }],
    ["no /tmp", scoped("src"), { flags: { "no-tmp": true } }, { ...scoped("src"), tmp: false }],
    ["fewer variables", RICH, { flags: { env: ["A"] } }, { ...RICH, env: ["A"] }],
    [
      "the workspace instead of everything",
      EVERYTHING,
      { flags: { sandbox: "workspace-write" } },
      samplePower({ network: true }),
    ],
    ["a scope under full access", EVERYTHING, { scope: ["src/"] }, { ...EVERYTHING, scope: ["src/"] }],
  ])("gets it: %s", (_, had, asked, expected) => {
    expect(power(had, asked)).toEqual(expected);
  });
});

describe("a session that asks for what it has", () => {
  it.each<[name: string, had: Power, asked: Asked]>([
    ["its network", RICH, { flags: { network: true } }],
    ["its variables", RICH, { flags: { env: ["B", "A"] } }],
    ["its role", samplePower(), { roleNamed: true }],
    ["its role, with a scope", scoped("src"), { roleNamed: true }],
    ["its role, with another that writes", scoped("src"), { role: "debugger", roleNamed: true }],
    ["its scope", scoped("src", "docs"), { scope: ["src", "docs"] }],
    ["its sandbox", samplePower(), { flags: { sandbox: "workspace-write" } }],
    ["full access", EVERYTHING, { flags: { sandbox: "danger-full-access" } }],
    ["no /tmp", { ...scoped("src"), tmp: false }, { flags: { "no-tmp": true } }],
    ["no /tmp, where it writes nothing", NO_POWER, { flags: { "no-tmp": true } }],
    ["none, where it writes nothing", NO_POWER, { scope: ["none"] }],
    [
      "no /tmp, under full access with a scope",
      { ...EVERYTHING, scope: ["src"], tmp: false },
      { flags: { "no-tmp": true } },
    ],
  ])("keeps it: %s", (_, had, asked) => {
    const { env, ...rest } = power(had, asked);
    expect({ ...rest, env: env.toSorted() }).toEqual(had);
  });
});

describe("a session that asks for more", () => {
  it.each<[name: string, had: Power, asked: Asked, who: string, what: string]>([
    ["the network", samplePower(), { flags: { network: true } }, "--network", "the network"],
    ["a variable", samplePower(), { flags: { env: ["A"] } }, "--env", "the variable A"],
    ["another variable", RICH, { flags: { env: ["A", "C"] } }, "--env", "the variable C"],
    [
      "full access",
      scoped("src"),
      { flags: { sandbox: "danger-full-access" } },
      "--sandbox danger-full-access",
      "full access, the network",
    ],
    [
      "the workspace",
      scoped("src"),
      { flags: { sandbox: "workspace-write" } },
      "--sandbox workspace-write",
      "writing the whole workspace",
    ],
    ["the workspace by its scope", scoped("src"), { scope: ["."] }, "--scope", "writing the whole workspace"],
    ["another scope", scoped("src"), { scope: ["docs"] }, "--scope", "writing docs"],
    ["one more in its scope", scoped("src"), { scope: ["src", "docs/*.md"] }, "--scope", "writing docs/*.md"],
    ["a neighbour", scoped("src/a"), { scope: ["src/ab"] }, "--scope", "writing src/ab"],
    [
      "to write",
      NO_POWER,
      { role: "writer", roleNamed: true, flags: { role: "writer" } },
      "--role writer",
      "writing the whole workspace",
    ],
    ["to write, by a packet", NO_POWER, { role: "writer", roleNamed: true }, "the role", "writing the whole workspace"],
    [
      "to write a little",
      NO_POWER,
      { scope: ["src"], role: "writer", roleNamed: true },
      "the role, --scope",
      "writing src",
    ],
    [
      "to write by its sandbox",
      NO_POWER,
      { role: "scout", flags: { sandbox: "workspace-write" } },
      "--sandbox workspace-write",
      "writing the whole workspace",
    ],
    [
      "two things",
      scoped("src"),
      { scope: ["docs"], flags: { network: true } },
      "--scope, --network",
      "writing docs, the network",
    ],
    [
      "all under full access with a scope",
      { ...EVERYTHING, scope: ["src"] },
      { scope: ["."] },
      "--scope",
      "writing the whole workspace",
    ],
  ])("is refused, and it is named: %s", (_, had, asked, who, what) => {
    expect(() => power(had, asked)).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: expect.stringMatching(/^the session \S+ keeps what it was started with \(it may write /),
        hint: "leave that out, or start a new session",
      }),
    );
    expect(() => power(had, asked)).toThrow(new RegExp(`, but ${escaped(who)} asks for ${escaped(what)}$`));
  });

  it("by a directory is told the real one", () => {
    const { cwd, input } = powerWorld();
    const asked = input({ had: samplePower(), flags: { session: BROKER_ID, writable: ["deep"] } });
    expect(() => planPower(asked)).toThrow(`--writable asks for writing ${cwd}/deep`);
  });

  it("is told what it has", () => {
    expect(() => power(scoped("src/", "docs/"), { flags: { network: true } })).toThrow("(it may write src/, docs/)");
  });

  it("under a task id is told to take another", () => {
    const asked = powerWorld().input({ had: samplePower(), flags: { "task-id": "U-1", network: true } });
    expect(() => planPower(asked)).toThrow(
      expect.objectContaining({ hint: "start a new session under another task id" }),
    );
  });

  it("is still bad input where it contradicts itself", () => {
    expect(() => power(samplePower(), { role: "scout", roleNamed: true, scope: ["src"] })).toThrow(
      usage(/^--scope opens src, but the role scout writes nothing$/),
    );
    expect(() => power(samplePower(), { scope: ["../x"] })).toThrow(usage(/lies outside the workspace/));
  });
});

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
