import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bindSocket, isListening } from "../../../src/sys/bind-socket.ts";
import { codexEnvironment, gitEnvironment, readVariable } from "../../../src/sys/environment.ts";
import { moveFile } from "../../../src/sys/files.ts";
import { socketPath, stateHome, workspaceKey } from "../../../src/sys/paths.ts";
import { spawnDetached } from "../../../src/sys/spawn.ts";
import { spawnOnPipe } from "../../../src/sys/spawn-on-pipe.ts";
import { codexHome, userHome } from "../../../src/sys/user-home.ts";
import { until } from "./children.ts";
import { tempDir } from "./temp-dir.ts";

describe("the state home on Windows", () => {
  it.each<[string, NodeJS.ProcessEnv, string]>([
    ["ours first", { ASK_CODEX_HOME: "D:\\state", LOCALAPPDATA: "C:\\L" }, "D:\\state"],
    ["then the local profile", { LOCALAPPDATA: "C:\\U\\me\\AppData\\Local" }, "C:\\U\\me\\AppData\\Local\\ask-codex"],
    ["by a name in any case", { LocalAppData: "C:\\L" }, "C:\\L\\ask-codex"],
    ["before XDG", { LOCALAPPDATA: "C:\\L", XDG_STATE_HOME: "C:\\x" }, "C:\\L\\ask-codex"],
    ["then XDG", { XDG_STATE_HOME: "C:\\x" }, "C:\\x\\ask-codex"],
    ["then the profile", { USERPROFILE: "C:\\U\\me", HOME: "/c/Users/me" }, "C:\\U\\me\\.local\\state\\ask-codex"],
    ["with slashes as Git Bash writes them", { ASK_CODEX_HOME: "D:/state/x/../y" }, "D:\\state\\y"],
    ["on a share", { ASK_CODEX_HOME: "\\\\nas\\me\\state" }, "\\\\nas\\me\\state"],
  ])("%s", (_, env, path) => {
    expect(stateHome(env, "win32")).toBe(path);
  });
});

describe("the user's home", () => {
  it.each<[string, NodeJS.ProcessEnv, NodeJS.Platform, string]>([
    ["is HOME", { HOME: "/h", USERPROFILE: "/u" }, "linux", "/h"],
    ["is HOME on macOS", { HOME: "/h" }, "darwin", "/h"],
    ["is the profile on Windows, as Codex takes it", { HOME: "/c/Users/me", USERPROFILE: "C:\\U" }, "win32", "C:\\U"],
    ["is the system's where nothing is said", {}, "linux", homedir()],
    ["is the system's on Windows too", { HOME: "/c/Users/me" }, "win32", homedir()],
  ])("%s", (_, env, platform, home) => {
    expect(userHome(env, platform)).toBe(home);
    expect(codexHome(env, platform)).toBe(join(home, ".codex"));
    expect(codexHome({ ...env, CODEX_HOME: "/codex" }, platform)).toBe("/codex");
  });
});

describe("a variable", () => {
  it.each<[string, NodeJS.ProcessEnv, NodeJS.Platform, string | undefined]>([
    ["has any case on Windows", { Path: "p" }, "win32", "p"],
    ["has its own case first", { Path: "p", PATH: "q" }, "win32", "q"],
    ["has one case elsewhere", { Path: "p" }, "linux", undefined],
    ["may be missing", {}, "win32", undefined],
  ])("%s", (_, env, platform, value) => {
    expect(readVariable(env, "PATH", platform)).toBe(value);
  });

  it("of Claude Code's, ours or git's is kept from Codex in any case on Windows", () => {
    const env = { Claude_Code: "1", Ask_Codex_Home: "x", git_dir: "x", Path: "p", anthropic_api_key: "k" };
    expect(codexEnvironment(env, "r-1", [], "win32")).toEqual({ Path: "p", ASK_CODEX_RUN: "r-1" });
    expect(codexEnvironment(env, "r-1", ["ANTHROPIC_API_KEY"], "win32")).toHaveProperty("anthropic_api_key", "k");
    expect(Object.keys(gitEnvironment({ git_ssh: "x", Path: "p" }, "win32"))).not.toContain("git_ssh");
    expect(codexEnvironment({ git_dir: "x" }, "r-1", [], "linux")).toHaveProperty("git_dir", "x");
  });
});

describe("the key of a workspace on Windows", () => {
  it.each([["c:\\work\\my app"], ["C:/Work/My App"], ["C:\\Work\\x\\..\\My App"]])(
    "is one for a directory, also as %s",
    (path) => {
      expect(workspaceKey(path, "win32")).toBe(workspaceKey("C:\\Work\\My App", "win32"));
      expect(workspaceKey(path, "win32")).toMatch(/^my-app-[0-9a-f]{12}$/);
    },
  );

  it("is another on another drive, on a share, and for a drive itself", () => {
    const paths = ["C:\\app", "D:\\app", "\\\\nas\\c\\app", "C:\\", "D:\\"];
    expect(new Set(paths.map((path) => workspaceKey(path, "win32"))).size).toBe(paths.length);
    expect(workspaceKey("C:\\", "win32")).toMatch(/^root-/);
  });
});

describe("a named pipe", () => {
  it("has a name that nobody can guess, and the run's id in it", () => {
    const [one, two] = [1, 2].map(() => socketPath("C:\\state", "r-1", "win32"));
    expect(one).toMatch(/^\\\\\.\\pipe\\ask-codex-r-1-[0-9a-f]{32}$/);
    expect(one).not.toBe(two);
    // What Windows allows.
    expect(one?.length).toBeLessThan(256);
  });

  it("is bound as it is: there is no folder to make, no name to take away", async () => {
    const server = createServer();
    const path = join(tempDir(), "no-folder-is-made-for-it");
    const leave = await bindSocket(server, path, "win32");
    expect(await isListening(path)).toBe(true);
    leave();
    expect(await isListening(path)).toBe(true);
    const second = createServer();
    await expect(bindSocket(second, path, "win32")).rejects.toThrow("another broker listens on");
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("a file that somebody has open for a moment", () => {
  const failing = (code: string, times: number) => {
    let tries = 0;
    const rename = () => {
      if (++tries <= times) throw Object.assign(new Error(code), { code });
    };
    return { rename, tries: () => tries };
  };

  it.each(["EPERM", "EACCES", "EBUSY"])("is asked for again on Windows (%s)", (code) => {
    const { rename, tries } = failing(code, 2);
    moveFile("a", "b", { platform: "win32", rename });
    expect(tries()).toBe(3);
  });

  it("is given up at last", () => {
    const { rename, tries } = failing("EBUSY", 1_000);
    expect(() => moveFile("a", "b", { platform: "win32", rename })).toThrow("EBUSY");
    expect(tries()).toBe(100);
  });

  it.each<[string, NodeJS.Platform]>([
    ["ENOSPC", "win32"],
    ["EPERM", "linux"],
    ["EACCES", "darwin"],
  ])("another reason is one at once (%s on %s)", (code, platform) => {
    const { rename, tries } = failing(code, 1);
    expect(() => moveFile("a", "b", { platform, rename })).toThrow(code);
    expect(tries()).toBe(1);
  });
});

describe("as Windows starts them", () => {
  it("a broker writes its log, and its id is told", async () => {
    const dir = tempDir();
    const logPath = join(dir, "broker.log");
    writeFileSync(logPath, "before\n");
    const what = { command: process.execPath, args: ["-e", "console.log(process.pid)"], cwd: dir, env: {}, logPath };
    const pid = await spawnDetached(what, "win32");
    await until(() => readFileSync(logPath, "utf8") === `before\n${pid}\n`);
  });

  it("a broker that can't be started rejects", async () => {
    const dir = tempDir();
    const what = { command: join(dir, "none"), args: [], cwd: dir, env: {}, logPath: join(dir, "log") };
    await expect(spawnDetached(what, "win32")).rejects.toThrow("ENOENT");
  });

  it("a check has both its outputs on one pipe", async () => {
    const script = "process.stdout.write('out'); process.stderr.write('err')";
    const what = { command: process.execPath, args: ["-e", script], cwd: tempDir(), env: {} };
    const child = spawnOnPipe(what, "no pipe is made", "win32");
    let text = "";
    child.output.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    expect(await child.exited).toMatchObject({ code: 0 });
    expect([...(text.match(/out|err/g) ?? [])].sort()).toEqual(["err", "out"]);
  });
});
