import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { type CheckEvent, runChecks } from "../../../src/run/verify.ts";
import { until } from "../sys/children.ts";
import { openCheckLab } from "./check-lab.ts";

/** With the real sandbox, and as it is with full access. */
const BOTH = [
  ["in the sandbox", {}],
  ["with full access", { profile: null }],
] as const;

describe.each(BOTH)("a check %s", (_, setup) => {
  it("that says 0 passed", async () => {
    const lab = openCheckLab(setup);
    const round = await lab.round(["echo out; echo err >&2; echo out again"]);
    expect(round).toMatchObject({ by: "run", phase: "after", status: "passed", expect_files: [] });
    expect(round.checks).toMatchObject([
      {
        command: "echo out; echo err >&2; echo out again",
        outcome: "passed",
        exit_code: 0,
        output: "verify/1-after-1.log",
        output_tail: "out\nerr\nout again\n",
      },
    ]);
    expect(round.checks[0]).not.toHaveProperty("reason");
  });

  it.each([1, 2, 7, 101, 126, 127, 128, 137, 143, 255])(
    "that says %i failed, and is not taken for a sandbox that failed",
    async (code) => {
      const result = await openCheckLab(setup).check(`exit ${code}`);
      expect(result).toMatchObject({ outcome: "failed", exit_code: code, output_tail: "" });
    },
  );

  it.each(["TERM", "KILL", "SEGV", "HUP"])("that dies of SIG%s never passed", async (signal) => {
    const result = await openCheckLab(setup).check(`kill -${signal} $$; sleep 60`);
    expect(result.outcome).toBe("failed");
    expect(result.exit_code).not.toBe(0);
    if (result.exit_code === null) expect(result.reason).toBe(`killed by SIG${signal}`);
  });

  it("that is not there failed by the shell's own words", async () => {
    const result = await openCheckLab(setup).check("no-such-program --all");
    expect(result).toMatchObject({ outcome: "failed", exit_code: 127 });
    expect(result.output_tail).toMatch(/no-such-program.*not found/);
  });

  it("that is a program of Node's is heard, though it can't write to a socket there", async () => {
    const result = await openCheckLab(setup).check(
      `"${process.execPath}" -e "console.log(1); console.error(2); process.exit(3)"`,
    );
    expect(result).toMatchObject({ outcome: "failed", exit_code: 3, output_tail: "1\n2\n" });
  });

  it("can name its outputs", async () => {
    expect((await openCheckLab(setup).check("echo a > /dev/stdout; echo b > /dev/stderr")).output_tail).toBe("a\nb\n");
  });

  it("reads nothing from us", async () => {
    expect(await openCheckLab(setup).check("cat; read line; echo $?")).toMatchObject({
      outcome: "passed",
      output_tail: "1\n",
    });
  });

  it("is a shell command with quotes, lines and dashes", async () => {
    const lab = openCheckLab(setup);
    const command = "-x || printf '%s\\n' \"a 'b' $((1+1))\" \\\n && echo '$HOME \"'\necho last";
    expect((await lab.check(command)).output_tail).toMatch(/a 'b' 2\n\$HOME "\nlast\n$/);
  });

  it("can't be told to have begun by what it prints", async () => {
    const said = "ask-codex: the check begins";
    expect((await openCheckLab(setup).check(`echo '${said}'; exit 3`)).output_tail).toBe(`${said}\n`);
  });

  it("ends with everything that it started, when its time is up", async () => {
    const lab = openCheckLab(setup);
    writeFileSync(join(lab.workspace, "stubborn"), "trap '' TERM HUP\ntouch src/ready\nwhile :; do sleep 1; done\n");
    const wait = "while ! test -e src/ready; do sleep 0.05; done";
    const result = await lab.check(`setsid sh stubborn & trap '' TERM; ${wait}; echo up; sleep 60; sleep 60`, {
      // Long enough to get there on a busy machine.
      timeoutMs: 3_000,
    });
    expect(result).toMatchObject({ outcome: "timeout", exit_code: null, output_tail: "up\n" });
    expect(result.reason).toBe("stopped after its limit of 3 s");
    expect(lab.processes()).toEqual([]);
  });

  it("leaves nobody behind, and does not wait for who holds its output", async () => {
    const lab = openCheckLab(setup);
    const result = await lab.check("setsid sleep 600 & sleep 600 & nohup sleep 600 & echo done");
    expect(result).toMatchObject({ outcome: "passed" });
    expect(result.output_tail).toContain("done\n");
    expect(lab.processes()).toEqual([]);
  });

  it("ends when the caller wants it, and those behind it never begin", async () => {
    const lab = openCheckLab(setup);
    const controller = new AbortController();
    const events: CheckEvent[] = [];
    const file = join(lab.workspace, "src", "up");
    const running = lab.round(["true", `touch '${file}'; sleep 600`, "echo never"], {
      signal: controller.signal,
      onEvent: (event) => events.push(event),
    });
    await until(() => existsSync(file));
    controller.abort();
    const round = await running;
    expect(round.status).toBe("failed");
    expect(round.checks.map((check) => check.outcome)).toEqual(["passed", "cancelled", "cancelled"]);
    expect(round.checks[2]).toMatchObject({ exit_code: null, output: "", output_tail: "", elapsed_ms: 0 });
    expect(events.map(({ type, index }) => `${type} ${index}`)).toEqual([
      "check_started 1",
      "check_ended 1",
      "check_started 2",
      "check_ended 2",
    ]);
    expect(lab.processes()).toEqual([]);
  });

  it("hands a secret of 50 MB of output to nobody, and keeps its beginning and its end", async () => {
    const lab = openCheckLab(setup);
    const key = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
    writeFileSync(join(lab.workspace, "key"), `token ${key}\n`);
    const noise = `yes 'this is a line of a long build, number 12345' | head -c 26214400`;
    const result = await lab.check(`echo first; cat key; ${noise}; cat key; ${noise}; echo; cat key; echo the result`);
    expect(result).toMatchObject({ outcome: "passed" });
    expect(result.output_tail).toMatch(/\ntoken \[redacted:github-token\]\nthe result\n$/);
    expect(result.output_tail.length).toBeLessThanOrEqual(2_000);
    const log = lab.log(result);
    expect(log.length).toBeLessThan(8.1 * 1024 * 1024);
    expect(log).toMatch(/^first\ntoken \[redacted:github-token\]\nthis is/);
    expect(log).toMatch(/\n\[ask-codex: about \d+ bytes left out here\]\nthis is/);
    expect(log.endsWith("token [redacted:github-token]\nthe result\n")).toBe(true);
    expect(log.includes(key)).toBe(false);
    expect(lab.logMode(result)).toBe(0o600);
  });
});

describe("the sandbox of the checks", () => {
  test("refuses to write out of scope, and the check fails", async () => {
    const lab = openCheckLab();
    const result = await lab.check("echo x > src/in && echo x > outside");
    expect(result).toMatchObject({ outcome: "failed" });
    expect(result.output_tail).toMatch(/outside: Read-only file system/);
    expect(readdirSync(lab.workspace)).toEqual(["src"]);
    expect(readdirSync(join(lab.workspace, "src"))).toEqual(["in"]);
  });

  test("has no way to this machine's own servers", async () => {
    const asked: string[] = [];
    const server = createServer((socket) => {
      asked.push("connected");
      socket.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const script = `require('net').connect(${port},'127.0.0.1').on('connect',()=>process.exit(0)).on('error',(e)=>{console.log(e.code);process.exit(9)})`;
    const result = await openCheckLab().check(`"${process.execPath}" -e "${script}"`);
    server.close();
    expect(result).toMatchObject({ outcome: "failed", exit_code: 9 });
    expect(result.output_tail).toMatch(/EPERM|EACCES|ENETUNREACH/);
    expect(asked).toEqual([]);
  });

  test("is given the environment that we hand over, the marker, and nothing of ours", async () => {
    const lab = openCheckLab({ env: { PATH: process.env.PATH, HOME: "/home/me", SHOWN: "yes" } });
    process.env.CALLER_API_KEY = "sk-caller";
    const result = await lab.check("env");
    delete process.env.CALLER_API_KEY;
    const names = result.output_tail.split("\n").map((line) => line.split("=")[0]);
    expect(names.sort()).toEqual([
      "",
      "ASK_CODEX_RUN",
      "CODEX_HOME",
      "CODEX_SANDBOX_NETWORK_DISABLED",
      "HOME",
      "PATH",
      "PWD",
      "SHOWN",
    ]);
    expect(result.output_tail).toContain(`ASK_CODEX_RUN=${lab.runId}\n`);
  });

  test("is not widened by the repository's or the user's own configuration", async () => {
    const lab = openCheckLab();
    mkdirSync(join(lab.workspace, ".codex"));
    writeFileSync(
      join(lab.workspace, ".codex", "config.toml"),
      '[permissions.ask_codex.filesystem]\n"/var/tmp"="write"\n',
    );
    expect(await lab.check("echo x > ../outside")).toMatchObject({ outcome: "failed" });
    expect(existsSync(join(lab.dir, "outside"))).toBe(false);
    // A mistake in the repository's file stops nothing either.
    writeFileSync(join(lab.workspace, ".codex", "config.toml"), "= =");
    expect(await lab.check("true")).toMatchObject({ outcome: "passed" });
  });

  test.each([
    ["a configuration that is broken", "= broken", /config\.toml.*TOML parse error/],
    ["a directory that is not there", undefined, /CODEX_HOME points to .*does not exist/],
  ])("that can't start for %s is not a failing check, and says why", async (_, config, says) => {
    const lab = openCheckLab();
    const home = join(lab.dir, "other-home");
    if (config !== undefined) {
      mkdirSync(home);
      writeFileSync(join(home, "config.toml"), config);
    }
    const made = lab.options([]).command;
    const command = (argv: readonly string[]) => {
      const built = made(argv);
      return { ...built, env: { ...built.env, CODEX_HOME: home } };
    };
    const round = await lab.round(["true"], { command });
    expect(round.status).toBe("failed");
    expect(round.checks).toMatchObject([
      { outcome: "not_started", exit_code: null, reason: expect.stringMatching(says) },
    ]);
  });

  test("that can't start because the kernel gives no namespace says so", async () => {
    const lab = openCheckLab();
    const made = lab.options([]).command;
    // A user namespace of its own, in which no other may be made.
    const command = (argv: readonly string[]) => {
      const { command: codex, args, ...rest } = made(argv);
      const closed = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
      return { ...rest, command: "unshare", args: ["-Ur", "sh", "-c", closed, "sh", codex, ...args] };
    };
    const result = await lab.check("true", { command });
    expect(result).toMatchObject({ outcome: "not_started", exit_code: null });
    expect(result.reason).toMatch(/^bwrap: .*namespace/);
  });

  test("that is not there is not a failing check", async () => {
    const result = await openCheckLab({ codex: "/no/such/codex" }).check("true");
    expect(result).toMatchObject({ outcome: "not_started", reason: expect.stringContaining("ENOENT") });
  });

  test("leaves no empty directories when it is killed", async () => {
    const lab = openCheckLab({
      profile: { filesystem: { ":root": "read", ":project_roots": { ".": "write", src: "write" } } },
    });
    mkdirSync(join(lab.workspace, "src", ".codex"));
    const result = await lab.check("sleep 600", { timeoutMs: 1_500 });
    expect(result.outcome).toBe("timeout");
    expect(readdirSync(lab.workspace)).toEqual(["src"]);
    // What was there before stays.
    expect(readdirSync(join(lab.workspace, "src"))).toEqual([".codex"]);
  });
});

describe("a round", () => {
  test("goes on after a failure, in order, and tells each check", async () => {
    const lab = openCheckLab({ profile: null });
    const events: CheckEvent[] = [];
    const round = await lab.round(["exit 4", "true"], { phase: "base", onEvent: (event) => events.push(event) });
    expect(round).toMatchObject({ phase: "base", status: "failed" });
    expect(round.checks.map(({ outcome, exit_code, output }) => [outcome, exit_code, output])).toEqual([
      ["failed", 4, "verify/1-base-1.log"],
      ["passed", 0, "verify/1-base-2.log"],
    ]);
    expect(events).toMatchObject([
      { type: "check_started", phase: "base", index: 1, count: 2, command: "exit 4" },
      { type: "check_ended", index: 1, command: "exit 4", outcome: "failed", exit_code: 4 },
      { type: "check_started", index: 2 },
      { type: "check_ended", index: 2, outcome: "passed", exit_code: 0 },
    ]);
  });

  test("never writes over the logs of another one", async () => {
    const lab = openCheckLab({ profile: null });
    const first = await lab.round(["echo one"], { phase: "base" });
    const second = await lab.round(["echo two"]);
    const third = await lab.round(["echo three"], { by: "codex_runs verify" });
    const logs = [first, second, third].map((round) => round.checks[0]?.output ?? "");
    expect(logs).toEqual(["verify/1-base-1.log", "verify/2-after-1.log", "verify/3-after-1.log"]);
    expect(logs.map((log) => readFileSync(join(lab.recordDir, log), "utf8"))).toEqual(["one\n", "two\n", "three\n"]);
    expect(third.by).toBe("codex_runs verify");
  });

  test("takes secrets out of commands, too", async () => {
    const lab = openCheckLab({ profile: null });
    const result = await lab.check("echo ghp_0123456789abcdefghijABCDEFGHIJ456789");
    expect(result.command).toBe("echo [redacted:github-token]");
  });

  test("of nothing is none", async () => {
    const lab = openCheckLab();
    expect(await runChecks(lab.options([]))).toBeUndefined();
    expect(await runChecks(lab.options([], { phase: "base", expectFiles: ["x"] }))).toBeUndefined();
    expect(existsSync(join(lab.recordDir, "verify"))).toBe(false);
  });

  test("that can't write its logs says so, and leaves no process", async () => {
    const lab = openCheckLab({ profile: null });
    writeFileSync(join(lab.recordDir, "verify"), "in the way");
    await expect(lab.round(["sleep 600"])).rejects.toThrow(
      /can't use the directory .*verify: a part of the path is not a directory/,
    );
    expect(lab.processes()).toEqual([]);
  });
});
