import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planPower } from "../../../src/commands/ask/plan-power.ts";
import type { Power } from "../../../src/core/policy.ts";
import { NO_POWER, samplePower } from "../core/samples.ts";
import { type Asked, powerWorld, usage } from "./power-world.ts";

const EVERYTHING = samplePower({ write: "everything", network: true });
const scoped = (...scope: string[]) => samplePower({ write: "scope", scope });

/** The power of a run without a session. */
const power = (asked: Asked) => planPower(powerWorld().input(asked));

describe("the power of a new run", () => {
  it.each<[name: string, asked: Asked, power: Power]>([
    ["a writing role", {}, samplePower()],
    ["another one", { role: "debugger" }, samplePower()],
    ["a reading role", { role: "scout" }, NO_POWER],
    ["another one", { role: "reviewer" }, NO_POWER],
    ["--read-only", { role: "scout", flags: { "read-only": true } }, NO_POWER],
    ["a scope", { scope: ["src/", "*.md"] }, scoped("src/", "*.md")],
    ["a scope that is all", { scope: ["."] }, samplePower()],
    ["a scope that is nothing", { scope: ["none"] }, NO_POWER],
    ["a scope of a packet that reads", { role: "scout", scope: ["read-only"] }, NO_POWER],
    ["--network", { flags: { network: true } }, samplePower({ network: true })],
    ["--network for a reader", { role: "scout", flags: { network: true } }, { ...NO_POWER, network: true }],
    ["--no-tmp", { flags: { "no-tmp": true } }, samplePower({ tmp: false })],
    ["--env", { flags: { env: ["A", "B"] } }, samplePower({ env: ["A", "B"] })],
    ["--env for a reader", { role: "scout", flags: { env: ["A"] } }, { ...NO_POWER, env: ["A"] }],
    ["--sandbox read-only", { flags: { sandbox: "read-only" } }, NO_POWER],
    ["--sandbox workspace-write", { flags: { sandbox: "workspace-write" } }, samplePower()],
    ["--sandbox that gives a reader more", { role: "scout", flags: { sandbox: "workspace-write" } }, samplePower()],
    ["full access", { flags: { sandbox: "danger-full-access" } }, EVERYTHING],
    [
      "full access without /tmp",
      { flags: { sandbox: "danger-full-access", "no-tmp": true } },
      { ...EVERYTHING, tmp: false },
    ],
    [
      "full access with a scope",
      { flags: { sandbox: "danger-full-access" }, scope: ["src/"] },
      { ...EVERYTHING, scope: ["src/"] },
    ],
    ["full access with all", { flags: { sandbox: "danger-full-access" }, scope: ["."] }, EVERYTHING],
    ["--sandbox and a scope", { flags: { sandbox: "workspace-write" }, scope: ["src/"] }, scoped("src/")],
    [
      "--sandbox read-only and --read-only",
      { role: "scout", flags: { sandbox: "read-only", "read-only": true } },
      NO_POWER,
    ],
    ["--sandbox read-only and none", { flags: { sandbox: "read-only" }, scope: ["none"] }, NO_POWER],
  ])("%s: %j", (_, asked, expected) => {
    expect(power(asked)).toEqual(expected);
  });

  it("has a scope that begins where the caller stands", () => {
    const { workspace, input } = powerWorld();
    const asked = { ...input({ scope: ["deep/*.ts"] }), callerDir: join(workspace, "src") };
    expect(planPower(asked)).toEqual(scoped("src/deep/*.ts"));
  });

  it.each<[name: string, asked: Asked, message: RegExp]>([
    ["outside", { scope: ["../x"] }, /the write scope \.\.\/x lies outside the workspace/],
    ["closed", { scope: [".git"] }, /opens \.git, which stays closed/],
    ["two words", { scope: ["none", "src"] }, /says none and more/],
    ["a link that leads out", { scope: ["out/"] }, /leads to .*, outside the workspace/],
    [
      "a reading role with a scope",
      { role: "scout", scope: ["src"] },
      /^--scope opens src, but the role scout writes nothing$/,
    ],
    [
      "a reading role with all",
      { role: "reviewer", scope: ["."] },
      /^--scope opens \., but the role reviewer writes nothing$/,
    ],
    [
      "a sandbox that reads, with a scope",
      { flags: { sandbox: "read-only" }, scope: ["src", "docs"] },
      /^--scope opens src, docs, but --sandbox read-only writes nothing$/,
    ],
    [
      "--read-only and a sandbox that writes",
      { role: "scout", flags: { "read-only": true, sandbox: "workspace-write" } },
      /^--read-only and --sandbox workspace-write contradict each other$/,
    ],
    [
      "--read-only and full access",
      { role: "scout", flags: { "read-only": true, sandbox: "danger-full-access" } },
      /^--read-only and --sandbox danger-full-access contradict each other$/,
    ],
  ])("that contradicts itself is refused: %s", (_, asked, message) => {
    expect(() => power(asked)).toThrow(usage(message));
  });
});

describe("--writable", () => {
  it("opens directories by their real paths, in whatever words", () => {
    const { dir, cwd, input } = powerWorld();
    mkdirSync(join(dir, "cache"));
    symlinkSync(join(dir, "cache"), join(cwd, "link"));
    for (const word of [join(dir, "cache"), "link", "link/.", "../../cache", "../src/link"])
      expect(planPower(input({ flags: { writable: [word] } })), word).toEqual(
        samplePower({ writable: [join(dir, "cache")] }),
      );
  });

  it("begins at the caller's own directory, and stands beside a scope", () => {
    const { dir, input } = powerWorld();
    const asked = input({ scope: ["docs/"], flags: { writable: [".", "deep"] } });
    const writable = [join(dir, "a repo", "src"), join(dir, "a repo", "src", "deep")];
    expect(planPower(asked)).toEqual({ ...scoped("docs/"), writable });
  });

  it.each<[name: string, word: string, message: RegExp]>([
    ["what is not there", "none", /--writable .*none can't be opened: it does not exist/],
    ["what lies below a file", "a.ts/x", /--writable .* can't be opened: a part of the path is not a directory/],
    ["a file", "a.ts", /--writable .*a\.ts is a file$/],
    ["the whole machine", "/", /--writable \/ would open the whole machine/],
    ["the whole machine by dots", "../../../../../../../../../../../../../..", /would open the whole machine/],
    ["a link to it", "root", /would open the whole machine/],
    ["the state home", "../../state", /--writable .* would open the records of the runs/],
    ["what lies in the state home", "../../state/tmp", /would open the records of the runs/],
    ["a link into the state home", "records", /would open the records of the runs/],
    ["a wildcard in its path", "../../wild*card", /has a wildcard character in its path, which Codex can't open/],
    ["brackets in its path", "../../[id]", /has a wildcard character in its path/],
  ])("refuses %s", (_, word, message) => {
    const { dir, cwd, input } = powerWorld();
    for (const name of ["state/tmp", "wild*card", "[id]"]) mkdirSync(join(dir, name), { recursive: true });
    symlinkSync("/", join(cwd, "root"));
    symlinkSync(join(dir, "state", "tmp"), join(cwd, "records"));
    expect(() => planPower(input({ flags: { writable: [word] } }))).toThrow(usage(message));
  });

  it("refuses the records where the state home goes by another name", () => {
    const { dir, input } = powerWorld();
    mkdirSync(join(dir, "real", "state", "runs"), { recursive: true });
    symlinkSync("real", join(dir, "alias"));
    const asked = {
      ...input({ flags: { writable: [join(dir, "real/state/runs")] } }),
      stateHome: join(dir, "alias/state"),
    };
    expect(() => planPower(asked)).toThrow(usage(/would open the records/));
  });

  it("allows a neighbour whose name begins like the state home, and where there is none yet", () => {
    const { dir, input } = powerWorld();
    mkdirSync(join(dir, "state2"));
    expect(planPower(input({ flags: { writable: [join(dir, "state2")] } })).writable).toEqual([join(dir, "state2")]);
  });

  it.each<[string, Asked]>([
    ["a reading role", { role: "scout" }],
    ["a scope that is none", { scope: ["none"] }],
    ["a sandbox that reads", { flags: { sandbox: "read-only" } }],
  ])("contradicts %s", (_, asked) => {
    const { dir, input } = powerWorld();
    const named = { ...asked, flags: { ...asked.flags, writable: [dir] } };
    expect(() => planPower(input(named))).toThrow(usage(/^--writable opens .*, but this run writes nothing$/));
  });

  it("is not found out by writing", () => {
    const { cwd, input } = powerWorld();
    writeFileSync(join(cwd, "kept"), "x");
    expect(() => planPower(input({ flags: { writable: [join(cwd, "kept", "new")] } }))).toThrow(usage(/--writable/));
  });
});
