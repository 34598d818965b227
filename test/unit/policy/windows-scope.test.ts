import { describe, expect, it } from "vitest";
import { profileText } from "../../../src/commands/ask/render-dry-run.ts";
import type { AuditChange } from "../../../src/core/policy.ts";
import { type ClassifyInput, classifyChanges } from "../../../src/policy/classify-changes.ts";
import { parseScope } from "../../../src/policy/scope.ts";
import { NO_POWER, samplePower } from "../core/samples.ts";
import { samplePlan } from "./sample-plan.ts";

const WORKSPACE = "C:\\Work\\My App";
const parse = (...entries: string[]) => parseScope(entries, WORKSPACE, WORKSPACE, "win32");

describe("a write scope on Windows", () => {
  it.each<[string, string, string[] | undefined]>([
    ["a path with backslashes", "src\\cache.ts", ["src/cache.ts"]],
    ["a path with slashes", "src/cache.ts", ["src/cache.ts"]],
    ["a directory by its backslash", "src\\", ["src/"]],
    ["a directory by its slash", ".\\src/", ["src/"]],
    ["a glob with backslashes", "src\\**\\*.ts", ["src/**/*.ts"]],
    ["a whole path", "C:\\Work\\My App\\src", ["src"]],
    ["a whole path with slashes", "C:/Work/My App/src", ["src"]],
    ["a drive in another case", "c:\\Work\\My App\\src", ["src"]],
    ["a workspace in another case", "C:\\WORK\\my app\\src", ["src"]],
    ["up and down again", "src\\..\\test", ["test"]],
    ["the workspace itself", ".", undefined],
    ["a name with a dot and a blank in it", "a. b\\c.d", ["a. b/c.d"]],
    ["a name that only begins like git's", ".github\\x.yml", [".github/x.yml"]],
    ["nothing", "none", []],
  ])("may be %s", (_, entry, patterns) => {
    expect(parse(entry)).toEqual(patterns);
  });

  it.each<[string, string, RegExp]>([
    ["another drive", "D:\\other", /the write scope D:\\other lies outside the workspace C:\\Work\\My App/],
    ["another drive's own current directory", "D:other", /lies outside the workspace/],
    ["a share", "\\\\nas\\me\\src", /lies outside the workspace/],
    ["the root of the drive", "\\", /lies outside the workspace/],
    ["a neighbour", "..\\Other", /lies outside the workspace/],
    ["a neighbour whose name begins the same", "C:\\Work\\My Application", /lies outside the workspace/],
    ["a way up in a glob", "src\\..\\..\\*", /goes up in a glob/],
    ["git's folder", ".git\\hooks", /opens \.git, which stays closed/],
    ["git's folder in capitals", ".GIT\\hooks", /opens \.git, which stays closed/],
    ["git's folder by its short name", "GIT~1\\hooks", /opens \.git, which stays closed/],
    ["git's folder with a dot behind it, which Windows drops", ".git.\\hooks", /opens \.git, which stays closed/],
    ["git's folder below", "lib\\.Git. \\config", /which stays closed/],
    ["Codex's settings in capitals", ".Codex\\config.toml", /opens \.codex, which stays closed/],
    ["a stream of a file", "notes.txt:hidden", /has a colon in a name/],
    ["a stream of git's folder", ".git::$INDEX_ALLOCATION\\hooks", /has a colon in a name/],
  ])("may not be %s", (_, entry, words) => {
    expect(() => parse(entry)).toThrow(words);
  });

  it("on a Mac does not open git's folder in capitals, which is the same folder there", () => {
    expect(() => parseScope([".GIT/hooks"], "/w", "/w", "darwin")).toThrow("opens .git, which stays closed");
    expect(parseScope([".GIT/hooks"], "/w", "/w", "linux")).toEqual([".GIT/hooks"]);
  });
});

describe("what nobody has seen the kernel refuse", () => {
  const change = (path: string): AuditChange => ({
    path,
    change: "modified",
    mode_before: "100644",
    mode_after: "100644",
    blob_before: "257cc5642cb1a054f08cc83f2d943e56fd3ebe99",
    blob_after: "257cc5642cb1a054f08cc83f2d943e56fd3ebe99",
  });
  const found = (over: Partial<ClassifyInput>, path = "lib/a.ts") => {
    const about = { workspace: "/w", grants: [], kernelClosed: [], degraded: true, volatile: [] };
    const { changed, outOfScope, concurrent } = classifyChanges([change(path)], { power: NO_POWER, ...about, ...over });
    return { changed: changed.length, outOfScope: outOfScope.length, concurrent: concurrent.length };
  };

  it("is not called somebody else's: a reading run that changed something is found out", () => {
    expect(found({})).toEqual({ changed: 0, outOfScope: 0, concurrent: 1 });
    expect(found({ unproven: true })).toEqual({ changed: 0, outOfScope: 1, concurrent: 0 });
    expect(found({ unproven: true }, ".codex/config.toml")).toEqual({ changed: 0, outOfScope: 1, concurrent: 0 });
  });

  it("leaves what is in the scope allowed", () => {
    const power = samplePower({ write: "scope", scope: ["lib"] });
    expect(found({ power, unproven: true })).toEqual({ changed: 1, outOfScope: 0, concurrent: 0 });
    expect(found({ power, unproven: true }, "src/a.ts")).toEqual({ changed: 0, outOfScope: 1, concurrent: 0 });
  });

  const plan = (platform: NodeJS.Platform, power = samplePower()) =>
    samplePlan({ power, env: { HOME: "/no/such/home", USERPROFILE: "/no/such/home", PATH: "/bin" } }, platform);

  it("is what every run on Windows says, but one with full access, which promises nothing", () => {
    expect(plan("win32").withheld).toBe("runs on Windows, where nobody has seen its sandbox hold anything");
    expect(plan("win32", NO_POWER).withheld).toBeDefined();
    expect(plan("win32", samplePower({ write: "everything", network: true })).withheld).toBeUndefined();
    expect(profileText(plan("win32"))).toMatch(/^none \(policy=degraded: Codex runs on Windows, .*workspace-write\)$/);
    expect(profileText(plan("win32", samplePower({ write: "everything", network: true })))).toBe(
      "none (danger-full-access)",
    );
    expect(profileText(plan("linux"))).toMatch(/^\{/);
    for (const platform of ["linux", "darwin"] as const) expect(plan(platform)).not.toHaveProperty("withheld");
  });
});
