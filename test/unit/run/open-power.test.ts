import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunRequest } from "../../../src/core/request.ts";
import { closeLeftPower, openPower } from "../../../src/run/open-power.ts";
import { powerPlace } from "../../../src/run/power-place.ts";
import { runDir } from "../../../src/sys/paths.ts";
import { NO_POWER, RUN_ID, samplePower, sampleRequest } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

/** A workspace and a state home with nothing in them but these directories; the power of a run there. */
function world(...directories: string[]) {
  const dir = tempDir();
  const [workspace, home] = [join(dir, "a repo"), join(dir, "state")];
  for (const name of ["", "src", ...directories]) mkdirSync(join(workspace, name), { recursive: true });
  mkdirSync(home);
  const open = (over: Partial<RunRequest> = {}) => {
    const request = sampleRequest({ workspace, ...over });
    const record = runDir(home, workspace, request.runId);
    mkdirSync(record, { recursive: true });
    return openPower(home, powerPlace(record, request), request, { HOME: join(dir, "none"), PATH: "/bin" });
  };
  const at = (name: string) => join(workspace, name);
  return { dir, workspace, home, at, open };
}
const scope = (...patterns: string[]) => ({ power: samplePower({ write: "scope", scope: patterns }) });
/** What Codex's sandbox makes, and leaves when it is interrupted. */
const SANDBOX = [".git", ".codex", ".agents", ".aws"];

describe("the run's own temporary directory", () => {
  it("is there, empty and private, and in every form of the policy", () => {
    const { home, open } = world();
    const { policy } = open();
    const tmp = join(home, "tmp", RUN_ID);
    expect(readdirSync(tmp)).toEqual([]);
    expect([tmp, join(home, "tmp")].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
    expect(policy.profile).toMatchObject({ filesystem: { [tmp]: "write", [home]: "deny" } });
    expect(policy.legacy.settings).toMatchObject({ writable_roots: expect.arrayContaining([tmp]) });
    expect(policy.shellEnvironment).toMatchObject({ set: { TMPDIR: tmp } });
    expect(policy.commandEnv).toMatchObject({ TMPDIR: tmp });
  });

  it("is gone at the end with all that is in it, and no other run's", () => {
    const { home, open } = world();
    const power = open();
    const other = open({ runId: "r-other" });
    const tmp = join(home, "tmp", RUN_ID);
    mkdirSync(join(tmp, "sub"));
    writeFileSync(join(tmp, "sub", "x"), "x");
    symlinkSync(home, join(tmp, "link"));
    power.close();
    expect(readdirSync(join(home, "tmp"))).toEqual(["r-other"]);
    expect(readdirSync(home).sort()).toEqual(["tmp", "workspaces"]);
    other.close();
  });

  it("has nothing in it of what a broker that died has left there", () => {
    const { home, dir, open } = world();
    const tmp = join(home, "tmp", RUN_ID);
    mkdirSync(join(tmp, "sub"), { recursive: true });
    writeFileSync(join(tmp, "sub", "x"), "x");
    open().close();
    mkdirSync(join(dir, "kept", "x"), { recursive: true });
    symlinkSync(join(dir, "kept"), tmp);
    open();
    expect(readdirSync(tmp)).toEqual([]);
    expect(readdirSync(join(dir, "kept"))).toEqual(["x"]);
  });

  it("is not made where a link stands in its place", () => {
    const { home, dir, open } = world();
    symlinkSync(dir, join(home, "tmp"));
    expect(() => open()).toThrow(/can't use the directory/);
  });
});

describe("the directories of a scope", () => {
  it("are made, granted and gone again", () => {
    const { workspace, at, open } = world();
    const power = open(scope("docs/api/", "src/a.ts"));
    expect(power.grants).toEqual([at("docs/api"), at("src")]);
    expect(readdirSync(at("docs/api"))).toEqual([]);
    expect(power.close()).toEqual(["docs/api", "docs"]);
    expect(readdirSync(workspace)).toEqual(["src"]);
  });

  it("stay when the run put something there", () => {
    const { at, open } = world();
    const power = open(scope("docs/api/", "lib/"));
    writeFileSync(at("docs/api/x"), "x");
    expect(power.close()).toEqual(["lib"]);
    expect(readdirSync(at("docs"))).toEqual(["api"]);
  });

  it("stay when they were there, though they are empty", () => {
    const { at, open } = world("docs");
    expect(open(scope("docs/")).close()).toEqual([]);
    expect(existsSync(at("docs"))).toBe(true);
  });

  it.each([
    ["nothing", NO_POWER, []],
    ["the workspace", samplePower(), [""]],
  ])("are none for %s", (_, power, granted) => {
    const { workspace, at, open } = world();
    const opened = open({ power });
    expect(opened.grants).toEqual(granted.map((name) => at(name).replace(/\/$/, "")));
    opened.close();
    expect(readdirSync(workspace)).toEqual(["src"]);
  });
});

describe("what Codex's sandbox leaves", () => {
  it("is taken away, in the workspace and in all that was granted", () => {
    const { dir, at, open } = world();
    mkdirSync(join(dir, "cache"));
    const power = open({
      power: samplePower({ write: "scope", scope: ["src/", "docs/"], writable: [join(dir, "cache")] }),
    });
    const left = [at(""), at("src"), at("docs"), join(dir, "cache")].flatMap((path) =>
      SANDBOX.map((name) => join(path, name)),
    );
    for (const path of left) mkdirSync(path);
    const removed = power.close();
    expect(left.filter((path) => existsSync(path))).toEqual([]);
    expect(removed).toEqual(expect.arrayContaining(left.map((path) => relative(at("").replace(/\/$/, ""), path))));
    expect([at("src"), at("docs"), join(dir, "cache")].map(existsSync)).toEqual([true, false, true]);
  });

  it.each(SANDBOX)("is not what was there before: %s", (name) => {
    const { at, open } = world(name);
    const power = open();
    expect(power.close()).toEqual([]);
    expect(existsSync(at(name))).toBe(true);
  });

  it.each(SANDBOX)("is only what is empty: %s", (name) => {
    const { at, open } = world();
    const power = open();
    mkdirSync(at(name));
    writeFileSync(at(`${name}/x`), "x");
    expect(power.close()).toEqual([]);
    expect(readdirSync(at(name))).toEqual(["x"]);
  });

  it("is not looked for elsewhere", () => {
    const { at, open } = world("lib");
    const power = open(scope("src/"));
    mkdirSync(at("lib/.codex"));
    power.close();
    expect(existsSync(at("lib/.codex"))).toBe(true);
  });
});

describe("what the kernel closes because it is there", () => {
  it.each<[name: string, directories: string[], over: Partial<RunRequest>, closed: string[]]>([
    ["nothing", [], {}, []],
    ["what is there", [".claude"], {}, [".claude"]],
    ["all of it", [".claude", ".ask-codex"], {}, [".claude", ".ask-codex"]],
    ["not what the scope names", [".claude", ".ask-codex"], scope(".claude/"), [".ask-codex"]],
    ["what a glob happens to match", [".claude"], scope("**"), [".claude"]],
    ["not what lies deeper", ["src/.claude"], {}, []],
  ])("is %s", (_, directories, over, closed) => {
    const { open } = world(...directories);
    expect(open(over).kernelClosed).toEqual(closed);
  });
});

describe("a power that can't be opened", () => {
  it("leaves the workspace as it was", () => {
    const { workspace, dir, at, open } = world();
    symlinkSync(dir, at("out"));
    expect(() => open(scope("docs/", "out/"))).toThrow(/outside the workspace/);
    expect(readdirSync(workspace).sort()).toEqual(["out", "src"]);
  });

  it("leaves no temporary directory", () => {
    const { home, dir, at, open } = world();
    symlinkSync(dir, at("out"));
    expect(() => open(scope("out/"))).toThrow(/outside the workspace/);
    expect(existsSync(join(home, "tmp"))).toBe(false);
  });
});

it("of a run that died is closed by whoever finds it", () => {
  const { home, workspace, at, open } = world();
  const over = scope("docs/new/", "kept/");
  open(over);
  for (const name of SANDBOX) mkdirSync(at(join("docs/new", name)));
  writeFileSync(at("kept/x"), "x");
  expect(closeLeftPower(home, { id: RUN_ID, dir: runDir(home, workspace, RUN_ID) }, workspace)).toContain("docs");
  expect([existsSync(at("docs")), existsSync(at("kept/x"))]).toEqual([false, true]);
  expect(readdirSync(join(home, "tmp"))).toEqual([]);
  expect(closeLeftPower(home, { id: RUN_ID, dir: runDir(home, workspace, RUN_ID) }, workspace)).toEqual([]);
});
