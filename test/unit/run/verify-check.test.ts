import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkArgv, checkVariables, createStartWatch } from "../../../src/run/check-argv.ts";
import { isExpectedFile } from "../../../src/run/expected-files.ts";
import { judgeCheck } from "../../../src/run/judge-check.ts";
import { tempDir } from "../sys/temp-dir.ts";

const LINE = "ask-codex: the check begins\n";
const exit = (code: number | null, signal: NodeJS.Signals | null = null, error?: string) =>
  error === undefined ? { code, signal } : { code, signal, error };

describe("how a check ended", () => {
  it.each<[name: string, args: Parameters<typeof judgeCheck>, judged: ReturnType<typeof judgeCheck>]>([
    ["0", [exit(0), undefined, true, "", 0], { outcome: "passed" }],
    ["not 0", [exit(1), undefined, true, "", 0], { outcome: "failed" }],
    ["not 0, and a sandbox that said something", [exit(101), undefined, true, "bwrap: odd", 0], { outcome: "failed" }],
    ["a signal", [exit(null, "SIGKILL"), undefined, true, "", 0], { outcome: "failed", reason: "killed by SIGKILL" }],
    [
      "0, but never started",
      [exit(0), undefined, false, "", 0],
      { outcome: "not_started", reason: "the sandbox ended with exit 0" },
    ],
    [
      "a sandbox that can't be",
      [exit(1), undefined, false, "\nbwrap: No permissions to create\na new namespace\n", 0],
      { outcome: "not_started", reason: "bwrap: No permissions to create a new namespace" },
    ],
    [
      "a sandbox that tells a secret",
      [exit(1), undefined, false, "bad ghp_0123456789abcdefghijABCDEFGHIJ456789", 0],
      { outcome: "not_started", reason: "bad [redacted:github-token]" },
    ],
    [
      "no program",
      [exit(null, null, "spawn ENOENT"), undefined, false, "", 0],
      { outcome: "not_started", reason: "spawn ENOENT" },
    ],
    [
      "killed before it began",
      [exit(null, "SIGKILL"), undefined, false, "", 0],
      { outcome: "not_started", reason: "the sandbox ended with exit SIGKILL" },
    ],
    [
      "its time was up",
      [exit(0), "timeout", true, "", 1500],
      { outcome: "timeout", reason: "stopped after its limit of 1.5 s" },
    ],
    [
      "its time was up before it began",
      [exit(null), "timeout", false, "", 1000],
      { outcome: "timeout", reason: "stopped after its limit of 1 s" },
    ],
    ["the caller wanted it", [exit(0), "cancelled", true, "", 0], { outcome: "cancelled" }],
  ])("%s", (_, args, judged) => {
    expect(judgeCheck(...args)).toEqual(judged);
  });
});

describe("the line that says that a check began", () => {
  const pass = (...chunks: string[]) => {
    const watch = createStartWatch();
    const out = chunks.map((chunk) => watch.pass(Buffer.from(chunk)).toString()).join("");
    return { out, started: watch.started() };
  };

  it.each<[name: string, chunks: string[], out: string, started: boolean]>([
    ["nothing", [], "", false],
    ["it alone", [LINE], "", true],
    ["output behind it", [`${LINE}a\n`, "b"], "a\nb", true],
    ["in single characters", [...LINE, "x"], "x", true],
    ["with the line end of Windows", [LINE.replace("\n", "\r\n"), "x"], "x", true],
    ["behind words of the sandbox", [`a warning\n${LINE}x`], "x", true],
    ["only once", [LINE, LINE], LINE, true],
    ["not at the begin of a line", [`x ${LINE}`], "", false],
    ["a half of it", [LINE.slice(0, 10)], "", false],
    ["bytes that are no text behind it", [`${LINE}\u0000é`], "\u0000é", true],
  ])("%s", (_, chunks, out, started) => {
    expect(pass(...chunks)).toEqual({ out, started });
  });

  it("is not waited for for ever, and nothing is lost", () => {
    const noise = `${"x".repeat(10_000)}\n`;
    expect(pass(noise, noise, "y")).toEqual({ out: `${noise}${noise}y`, started: false });
  });

  it("stands in front of the command in the argv, which is one word whatever is in it", () => {
    const command = "a 'b' \"c\" $(d) `e` \\ \n; -f";
    expect(checkArgv(command, "linux").at(-1)).toBe(command);
    expect(checkArgv("npm test", "win32")).toEqual([
      "C:\\Windows\\System32\\cmd.exe",
      "/d",
      "/v:off",
      "/s",
      "/c",
      `echo ${LINE.trim()}& %ASK_CODEX_CHECK%`,
    ]);
    expect(checkVariables('npm test -- "a b"', "win32")).toEqual({ ASK_CODEX_CHECK: 'npm test -- "a b"' });
    expect(checkVariables("npm test", "linux")).toEqual({});
  });
});

describe("an expected file", () => {
  const workspace = () => {
    const dir = tempDir();
    const root = join(dir, "ws");
    mkdirSync(join(root, "src"), { recursive: true });
    writeFileSync(join(root, "src", "a b.ts"), "");
    writeFileSync(join(dir, "secret"), "");
    mkdirSync(join(dir, "outside"));
    symlinkSync("src/a b.ts", join(root, "inside"));
    symlinkSync("../secret", join(root, "leads-out"));
    symlinkSync("../outside", join(root, "dir-out"));
    symlinkSync(join(dir, "ws-beside"), join(root, "beside"));
    mkdirSync(join(dir, "ws-beside"));
    symlinkSync("nowhere", join(root, "dangling"));
    symlinkSync("loop", join(root, "loop"));
    return root;
  };

  it.each<[path: string, there: boolean]>([
    ["src/a b.ts", true],
    ["./src/a b.ts", true],
    ["src", true],
    ["src/", true],
    ["inside", true],
    ["missing", false],
    ["src/a b.ts/x", false],
    ["leads-out", false],
    ["dir-out", false],
    ["dir-out/x", false],
    ["beside", false],
    ["dangling", false],
    ["loop", false],
    ["../secret", false],
    ["a\0b", false],
    ["x".repeat(5_000), false],
  ])("%j: %s", (path, there) => {
    expect(isExpectedFile(workspace(), path)).toBe(there);
  });

  it("is no socket", async () => {
    const root = workspace();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, "s"), resolve));
    expect(isExpectedFile(root, "s")).toBe(false);
    server.close();
  });

  it("is found through a workspace that is a link itself", () => {
    const root = workspace();
    symlinkSync(root, `${root}-link`);
    expect(isExpectedFile(`${root}-link`, "src")).toBe(true);
  });

  it("is in no workspace that is gone", () => {
    expect(isExpectedFile("/no/such/dir", "x")).toBe(false);
  });
});
