import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  findGitRoot,
  homeOfRecord,
  runDir,
  socketPath,
  stateHome,
  temporaryDir,
  workspaceDir,
  workspaceKey,
} from "../../../src/sys/paths.ts";
import { tempDir } from "./temp-dir.ts";

afterEach(() => vi.unstubAllEnvs());

describe("the state home", () => {
  it.each<[string, NodeJS.ProcessEnv, string]>([
    ["ours first", { ASK_CODEX_HOME: "/ours", XDG_STATE_HOME: "/xdg", HOME: "/h" }, "/ours"],
    ["then XDG", { XDG_STATE_HOME: "/xdg", HOME: "/h" }, "/xdg/ask-codex"],
    ["then the home", { HOME: "/h" }, "/h/.local/state/ask-codex"],
    ["an empty word is no word", { ASK_CODEX_HOME: "", XDG_STATE_HOME: "", HOME: "/h" }, "/h/.local/state/ask-codex"],
    ["without a HOME the user's", {}, join(homedir(), ".local/state/ask-codex")],
    ["an empty HOME too", { HOME: "" }, join(homedir(), ".local/state/ask-codex")],
    ["Windows' variable means nothing here", { LOCALAPPDATA: "/l", HOME: "/h" }, "/h/.local/state/ask-codex"],
    ["dots are resolved", { ASK_CODEX_HOME: "/a/../b/./c/" }, "/b/c"],
    ["a relative one becomes absolute", { ASK_CODEX_HOME: "rel" }, join(process.cwd(), "rel")],
  ])("%s", (_, env, path) => {
    expect(stateHome(env)).toBe(path);
  });

  it("is asked for where there is none", () => {
    expect(() => stateHome({ HOME: "/dev/null" })).toThrow("no home directory");
    expect(stateHome({ HOME: "/dev/null", ASK_CODEX_HOME: "/ours" })).toBe("/ours");
  });
});

describe("the folder of a workspace", () => {
  it.each([
    ["/work/My App", "my-app"],
    ["/work/app", "app"],
    ["/work/---", "root"],
    ["/", "root"],
    ["/work/日本", "root"],
    ["/work/.dot.files.", "dot-files"],
    ["/work/a_b+c", "a-b-c"],
    [`/work/${"x".repeat(80)}`, "x".repeat(40)],
  ])("%s is %s and a hash", (path, slug) => {
    expect(workspaceKey(path)).toMatch(new RegExp(`^${slug}-[0-9a-f]{12}$`));
  });

  it("never changes, or no record would be found again", () => {
    expect(workspaceKey("/work/app")).toBe("app-70467eff2e0a");
  });

  it("is another for every path", () => {
    const paths = ["/a/app", "/b/app", "/a/App", "/a/app/", "/a/app "];
    expect(new Set(paths.map((path) => workspaceKey(path))).size).toBe(paths.length);
  });

  it("has the runs in it", () => {
    expect(runDir("/s", "/work/app", "r-1")).toBe(`${workspaceDir("/s", "/work/app")}/runs/r-1`);
    expect(workspaceDir("/s", "/work/app")).toBe("/s/workspaces/app-70467eff2e0a");
  });

  it.each(["/s", "/home/me/.local/state/ask-codex"])("tells of the state home %s, whatever the workspace", (home) => {
    for (const workspace of ["/", "/work/app", "/runs/runs"])
      expect(homeOfRecord(runDir(home, workspace, "r-1"))).toBe(home);
  });
});

describe("the socket", () => {
  const RUN = "r-20261121-051103-k7qz";

  it("is beside the records where its path is short enough", () => {
    expect(socketPath("/home/me/.local/state/ask-codex", RUN)).toBe(`/home/me/.local/state/ask-codex/sockets/${RUN}`);
  });

  it.each([
    ["100 bytes", "h".repeat(100 - `//sockets/${RUN}`.length), true],
    ["101 bytes", "h".repeat(101 - `//sockets/${RUN}`.length), false],
    ["100 bytes of fewer characters", "é".repeat(34), true],
    ["fewer than 100 characters but more bytes", "é".repeat(35), false],
  ])("%s", (_, name, beside) => {
    vi.stubEnv("TMPDIR", "/tmp");
    const path = socketPath(`/${name}`, RUN);
    expect(path.startsWith("/tmp/ask-codex-")).toBe(!beside);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(100);
  });

  it("does not follow a long TMPDIR", () => {
    vi.stubEnv("TMPDIR", `/${"t".repeat(90)}`);
    expect(Buffer.byteLength(socketPath(`/${"h".repeat(120)}`, RUN))).toBeLessThanOrEqual(100);
  });

  it("has a folder of its own for every user and state home", () => {
    vi.stubEnv("TMPDIR", "/tmp");
    const [one, two] = ["/a", "/b"].map((dir) => socketPath(dir.padEnd(120, "x"), RUN));
    expect(one).not.toBe(two);
    expect(one).toMatch(new RegExp(`^/tmp/ask-codex-${process.getuid?.()}-[0-9a-f]{8}/${RUN}$`));
  });
});

describe("the temporary directory of a run", () => {
  it("is in the state home", () => {
    expect(temporaryDir("/home/a b/state", "r-1")).toBe("/home/a b/state/tmp/r-1");
  });

  it.each(["*", "?", "[", "]", "{", "}"])("is not below a path with %s, which Codex can't open", (char) => {
    vi.stubEnv("TMPDIR", "/tmp");
    const dir = temporaryDir(`/home/a${char}b/state`, "r-1");
    expect(dir).toMatch(new RegExp(`^/tmp/ask-codex-${process.getuid?.()}-[0-9a-f]{8}-tmp/r-1$`));
    expect(dir).not.toBe(temporaryDir(`/home/other${char}/state`, "r-1"));
  });
});

describe("the git root", () => {
  const repository = (path: string) => {
    mkdirSync(join(path, ".git"), { recursive: true });
    writeFileSync(join(path, ".git", "HEAD"), "ref: refs/heads/main\n");
  };

  it("is the nearest directory upwards with a repository", () => {
    const dir = tempDir();
    repository(dir);
    mkdirSync(join(dir, "a", "b"), { recursive: true });
    expect([dir, join(dir, "a"), join(dir, "a", "b")].map(findGitRoot)).toEqual([dir, dir, dir]);
  });

  it("is the inner of two", () => {
    const dir = tempDir();
    repository(dir);
    repository(join(dir, "inner"));
    expect(findGitRoot(join(dir, "inner"))).toBe(join(dir, "inner"));
  });

  it("may be marked by a file, as in a linked worktree or a submodule", () => {
    const dir = tempDir();
    mkdirSync(join(dir, "tree", "src"), { recursive: true });
    writeFileSync(join(dir, "tree", ".git"), "gitdir: /elsewhere\n");
    expect(findGitRoot(join(dir, "tree", "src"))).toBe(join(dir, "tree"));
  });

  it("is not marked by an empty directory, which Codex's sandbox leaves behind", () => {
    const dir = tempDir();
    repository(dir);
    mkdirSync(join(dir, "a", ".git"), { recursive: true });
    expect(findGitRoot(join(dir, "a"))).toBe(dir);
  });

  it("is nothing outside", () => {
    expect(["/", "/dev"].map(findGitRoot)).toEqual([undefined, undefined]);
  });
});
