import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { descendantsOf, listProcesses, readProcess } from "../../../src/sys/process-table.ts";
import { readCommand, spawnDetached, spawnPiped } from "../../../src/sys/spawn.ts";
import { endWithTest, isGone, until } from "./children.ts";
import { tempDir } from "./temp-dir.ts";

const ENV = { PATH: process.env.PATH };
describe("readCommand", () => {
  it.each<[string, string, string[], string]>([
    ["output", "/bin/sh", ["-c", "echo x"], "x\n"],
    ["a failure", "/bin/sh", ["-c", "echo x; exit 1"], ""],
    ["a missing program", "/no/such", [], ""],
  ])("%s", (_, command, args, output) => {
    expect(readCommand(command, args)).toBe(output);
  });
});

describe("spawnPiped", () => {
  const start = (script: string) => {
    const child = spawnPiped({ command: "/bin/sh", args: ["-c", script], cwd: tempDir(), env: ENV });
    endWithTest(child.pid ?? 0);
    return child;
  };
  const read = async (stream: AsyncIterable<unknown>) => {
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    return text;
  };

  it("gives three pipes and a group of its own", async () => {
    const child = start("read x; echo got $x; echo err >&2; exit 3");
    expect(process.kill(-(child.pid ?? 0), 0)).toBe(true);
    child.stdin.end("it\n");
    expect(await read(child.stdout)).toBe("got it\n");
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(child.stderrTail()).toBe("err\n");
  });

  it("loses no word on stderr of a child that is gone before anybody listens", async () => {
    const child = start("echo one >&2; echo two >&2; exit 1");
    await until(() => child.stderrTail() === "one\ntwo\n" && isGone(child.pid ?? 0));
    const heard: string[] = [];
    child.onStderr((text) => heard.push(text));
    expect(heard.join("")).toBe("one\ntwo\n");
    child.stdout.resume();
    expect(await child.exited).toEqual({ code: 1, signal: null });
  });

  it("tells stderr once: what was early at once, and what comes as it comes", async () => {
    const child = start("echo early >&2; read x; echo late >&2");
    const heard: string[] = [];
    await until(() => child.stderrTail() === "early\n");
    child.onStderr((text) => heard.push(text));
    child.stdin.end("go\n");
    child.stdout.resume();
    await child.exited;
    expect(heard.join("")).toBe("early\nlate\n");
  });

  it("keeps the end of a long stderr", async () => {
    const child = start("head -c 20000 /dev/zero | tr '\\0' x >&2; echo the end >&2");
    child.stdout.resume();
    await child.exited;
    expect(child.stderrTail()).toBe(`${"x".repeat(3_992)}the end\n`);
  });

  it("says by what signal it went", async () => {
    const child = start("read x");
    child.kill("SIGKILL");
    child.stdout.resume();
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("says that it never was", async () => {
    const child = spawnPiped({ command: "/no/such", args: [], cwd: "/", env: ENV });
    expect(child.pid).toBeUndefined();
    expect(await child.exited).toEqual({ code: null, signal: null, error: expect.stringContaining("ENOENT") });
  });

  it("does not mind being written to when nobody reads", async () => {
    const child = start("exit 0");
    child.stdin.end("x".repeat(1_000_000));
    child.stdout.resume();
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it("is gone when it is, though a child of its own holds the pipes", async () => {
    const child = start("sleep 60 & echo $!");
    const printed = new Promise<number>((resolve) => {
      child.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk.toString("utf8"))));
    });
    endWithTest(await printed);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });
});

describe("spawnDetached", () => {
  const start = async (script: string, ...args: string[]) => {
    const dir = tempDir();
    const logPath = join(dir, "a log");
    const pid = await spawnDetached({
      command: "/bin/sh",
      args: ["-c", script, "sh", ...args],
      cwd: dir,
      env: { ...ENV, MARK: "m" },
      logPath,
    });
    endWithTest(pid);
    return { dir, pid, log: () => (existsSync(logPath) ? readFileSync(logPath, "utf8") : "") };
  };

  it("resolves with the pid of the program itself", async () => {
    const started = await start("echo $$; exec sleep 60");
    await until(() => started.log() !== "");
    expect(Number(started.log())).toBe(started.pid);
    expect(isGone(started.pid)).toBe(false);
  });

  it("is nobody's child here, so that whoever ends our tree does not find it", async () => {
    const { pid } = await start("exec sleep 60");
    await until(() => readProcess(pid)?.name === "sleep");
    const tree = descendantsOf([process.pid], listProcesses()).map((row) => row.pid);
    expect(tree).toContain(process.pid);
    expect(tree).not.toContain(pid);
    const parent = readProcess(pid)?.ppid ?? 0;
    expect(parent).not.toBe(process.pid);
  });

  it("has left our process group and session", async () => {
    const { pid } = await start("exec sleep 60");
    const [ours, its] = [process.pid, pid].map((one) => readCommand("ps", ["-o", "pgid=,sess=", "-p", String(one)]));
    const numbers = (text = "") => text.trim().split(/\s+/);
    expect(numbers(its)[0]).not.toBe(numbers(ours)[0]);
    expect(numbers(its)[1]).not.toBe(numbers(ours)[1]);
  });

  it("has an empty stdin, its directory, its environment, and a log of both streams", async () => {
    const started = await start('cat; pwd -P; echo "$MARK-$HOME"; echo err >&2; echo end');
    await until(() => started.log().endsWith("end\n"));
    expect(started.log()).toBe(`${realpathSync(started.dir)}\nm-\nerr\nend\n`);
  });

  it("hands arguments over as they are", async () => {
    const started = await start('printf "%s|" "$@"; echo', "a b", "$HOME", "'", '"', "*", "x\ny");
    await until(() => started.log().endsWith("\n"));
    expect(started.log()).toBe("a b|$HOME|'|\"|*|x\ny|\n");
  });

  it("rejects where the directory is missing", async () => {
    const what = { command: "/bin/sh", args: [], cwd: "/no/such", env: ENV, logPath: "/dev/null" };
    await expect(spawnDetached(what)).rejects.toThrow(/ENOENT/);
  });

  it("leaves the reason in the log where the program can't be started", async () => {
    const logPath = join(tempDir(), "log");
    const pid = await spawnDetached({ command: "/no/such", args: [], cwd: "/", env: ENV, logPath });
    await until(() => existsSync(logPath) && readFileSync(logPath, "utf8") !== "");
    expect(readFileSync(logPath, "utf8")).toMatch(/\/no\/such.*not found/);
    await until(() => isGone(pid));
  });
});
