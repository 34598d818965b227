import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newRunId } from "../../../src/core/ids.ts";
import type { Power } from "../../../src/core/policy.ts";
import {
  closedFolders,
  type ProfileInput,
  permissionProfile,
  policyWord,
  profileName,
} from "../../../src/policy/permission-profile.ts";
import { NO_POWER, samplePower } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const STATE = "/home/me/.local/state/ask-codex";
const TMP = `${STATE}/tmp/r-1`;
const SECRETS = { workspace: [".env*", "**/.env*"], paths: ["/home/me/.ssh"] };

function profile(power: Power, grants: string[] = [], over: Partial<ProfileInput> = {}) {
  const input = {
    power,
    grants,
    workspace: "/w",
    stateHome: STATE,
    tmpDir: TMP,
    secrets: SECRETS,
    gitPlaces: [],
    ...over,
  };
  return permissionProfile(input);
}

/** What every profile closes and opens, whatever the power. */
const ALWAYS = { "/home/me/.ssh": "deny", [STATE]: "deny", [TMP]: "write", glob_scan_max_depth: 8 };
const DENIED = { ".env*": "deny", "**/.env*": "deny" };

it("closes git's directories where they lie outside the work tree", () => {
  expect(profile(samplePower(), ["/w"], { gitPlaces: ["/tmp/main/.git"] })).toMatchObject({
    filesystem: { ":slash_tmp": "write", "/tmp/main/.git": "read" },
  });
});

describe("the profile", () => {
  it.each<[name: string, power: Power, grants: string[], filesystem: object]>([
    ["of nothing", NO_POWER, [], { ":root": "read", ":project_roots": { ".": "read", ...DENIED } }],
    [
      "of nothing, though /tmp is said",
      samplePower({ write: "none" }),
      [],
      { ":root": "read", ":project_roots": { ".": "read", ...DENIED } },
    ],
    [
      "of the workspace",
      samplePower(),
      ["/w"],
      { ":root": "read", ":slash_tmp": "write", ":project_roots": { ".": "write", ...DENIED } },
    ],
    [
      "of the workspace without /tmp",
      samplePower({ tmp: false }),
      ["/w"],
      { ":root": "read", ":project_roots": { ".": "write", ...DENIED } },
    ],
    [
      "of a scope",
      samplePower({ write: "scope", scope: ["src/a.ts", "docs/"] }),
      ["/w/docs", "/w/src"],
      {
        ":root": "read",
        ":slash_tmp": "write",
        ":project_roots": { ".": "read", docs: "write", src: "write", ...DENIED },
      },
    ],
    [
      "of directories outside",
      samplePower({ write: "scope", scope: ["src"], writable: ["/cache", "/w2"], tmp: false }),
      ["/cache", "/w/src", "/w2"],
      {
        ":root": "read",
        "/cache": "write",
        "/w2": "write",
        ":project_roots": { ".": "read", src: "write", ...DENIED },
      },
    ],
    [
      "of a writable directory inside",
      samplePower({ write: "scope", scope: ["src"], writable: ["/w/out"], tmp: false }),
      ["/w/out", "/w/src"],
      { ":root": "read", ":project_roots": { ".": "read", out: "write", src: "write", ...DENIED } },
    ],
  ])("%s", (_, power, grants, filesystem) => {
    expect(profile(power, grants)).toEqual({ filesystem: { ...filesystem, ...ALWAYS }, network: { enabled: false } });
  });

  it.each([true, false])("has the network as it was said: %s", (network) => {
    expect(profile(samplePower({ network }))).toMatchObject({ network: { enabled: network } });
    expect(profile({ ...NO_POWER, network })).toMatchObject({ network: { enabled: network } });
  });

  it("is none for full access, which no profile can say", () => {
    expect(profile(samplePower({ write: "everything", network: true }))).toBeNull();
    expect(profile(samplePower({ write: "everything", scope: ["src"], tmp: false }))).toBeNull();
  });

  it.each<[string, string, string]>([
    ["beside the workspace", "/home/me/state", "/home/me/state/tmp/r"],
    ["below /tmp", "/tmp/state", "/tmp/state/tmp/r"],
    ["in a writable directory", "/cache/state", "/cache/state/tmp/r"],
    ["in the workspace", "/w/state", "/w/state/tmp/r"],
  ])("closes our records, and opens the run's own temporary directory: %s", (_, stateHome, tmpDir) => {
    for (const power of [NO_POWER, samplePower(), samplePower({ network: true, writable: ["/cache"] })]) {
      const made = profile(power, ["/w", "/cache"], { stateHome, tmpDir });
      expect(made).toMatchObject({ filesystem: { [stateHome]: "deny", [tmpDir]: "write" } });
    }
  });

  it("closes a secret even where the scope or --writable names it", () => {
    const secrets = { workspace: ["keys"], paths: ["/home/me/.ssh"] };
    const power = samplePower({ write: "scope", scope: ["keys/"], writable: ["/home/me/.ssh"] });
    expect(profile(power, ["/w/keys", "/home/me/.ssh"], { secrets })).toMatchObject({
      filesystem: { ":project_roots": { keys: "deny" }, "/home/me/.ssh": "deny" },
    });
  });
});

describe("what Claude Code takes orders from", () => {
  const GUARDED = [".claude", ".mcp.json", ".ask-codex"];

  it.each<[over: Partial<Power>, closed: string[]]>([
    [{ write: "none" }, GUARDED],
    [{ write: "workspace" }, GUARDED],
    [{ write: "everything" }, GUARDED],
    [{ write: "scope", scope: ["src"] }, GUARDED],
    [{ write: "scope", scope: [".claude-x", ".mcp.json5", "src/.claude", "x/.mcp.json"] }, GUARDED],
    // Only its name opens it, and not what a glob happens to match.
    [{ write: "scope", scope: [".claude"] }, [".mcp.json", ".ask-codex"]],
    [{ write: "scope", scope: [".claude/"] }, [".mcp.json", ".ask-codex"]],
    [{ write: "scope", scope: [".claude/commands/x.md"] }, [".mcp.json", ".ask-codex"]],
    [{ write: "scope", scope: [".claude/**/*.md"] }, [".mcp.json", ".ask-codex"]],
    [{ write: "scope", scope: [".mcp.json"] }, [".claude", ".ask-codex"]],
    [{ write: "scope", scope: [".mcp.json", ".claude/"] }, [".ask-codex"]],
    [{ write: "scope", scope: ["**"] }, GUARDED],
    [{ write: "scope", scope: ["*"] }, GUARDED],
    [{ write: "scope", scope: ["*.json"] }, GUARDED],
    [{ write: "scope", scope: [".*"] }, GUARDED],
    [{ write: "scope", scope: [".cl*/**", ".ask*/*", "{.claude,src}/**", ".mcp.jso?"] }, GUARDED],
    // A scope holds only where it is one.
    [{ write: "everything", scope: [".claude"] }, GUARDED],
  ])("is closed but for what is named: %j", (over, closed) => {
    expect(closedFolders(samplePower(over))).toEqual(closed);
  });

  /** A workspace in which the guarded names exist, or some of them. */
  function workspaceWith(...names: string[]) {
    const workspace = tempDir();
    for (const name of names)
      if (name.endsWith("json")) writeFileSync(join(workspace, name), "{}");
      else mkdirSync(join(workspace, name));
    return workspace;
  }
  const roots = (workspace: string, over: Partial<Power>, opened: string[] = [""]) => {
    const made = profile(
      samplePower(over),
      opened.map((name) => join(workspace, name)),
      { workspace },
    );
    return Object(made).filesystem[":project_roots"];
  };

  it("is closed in the profile where it is there", () => {
    expect(roots(workspaceWith(...GUARDED), {})).toEqual({
      ".": "write",
      ".claude": "read",
      ".mcp.json": "read",
      ".ask-codex": "read",
      ...DENIED,
    });
    expect(roots(workspaceWith(".claude"), {})).toEqual({ ".": "write", ".claude": "read", ...DENIED });
  });

  it("is not in it where it is not there: the sandbox can't close what does not exist", () => {
    expect(roots(workspaceWith(), {})).toEqual({ ".": "write", ...DENIED });
    const dangling = workspaceWith();
    symlinkSync("nowhere", join(dangling, ".claude"));
    expect(roots(dangling, {})).toEqual({ ".": "write", ...DENIED });
  });

  it("is open where the scope names it", () => {
    const workspace = workspaceWith(...GUARDED);
    expect(roots(workspace, { write: "scope", scope: [".claude/"] }, [".claude"])).toEqual({
      ".": "read",
      ".claude": "write",
      ".mcp.json": "read",
      ".ask-codex": "read",
      ...DENIED,
    });
  });

  it("is closed under a scope that opens the root for a file of it", () => {
    const workspace = workspaceWith(".mcp.json");
    expect(roots(workspace, { write: "scope", scope: ["*.json"] })).toMatchObject({
      ".": "write",
      ".mcp.json": "read",
    });
  });
});

describe("the profile's name", () => {
  it("is a bare TOML key, whatever the id", () => {
    for (const runId of ["r-20261121-051103-k7qz", "r-1", "a.b c\n\"']=é", newRunId(new Date())])
      expect(profileName(runId)).toMatch(/^ask_codex_[A-Za-z0-9_]+$/);
  });

  it("carries the part of the id that nobody could know before the run", () => {
    expect(profileName("r-20261121-051103-k7qz")).toBe("ask_codex_r_20261121_051103_k7qz");
    const now = new Date(0);
    const names = Array.from({ length: 50 }, () => profileName(newRunId(now)));
    expect(new Set(names).size).toBeGreaterThan(40);
  });
});

it.each<[Power["write"], string]>([
  ["none", "ok"],
  ["scope", "ok"],
  ["workspace", "ok"],
  ["everything", "off"],
])("the word for write %s is %s, whatever the network", (write, word) => {
  expect([true, false].map((network) => policyWord(samplePower({ write, network })))).toEqual([word, word]);
});
