import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { CHECKS } from "../../src/doctor/checks.ts";
import { logIn, startUsageService, usageWindow } from "../kit/chatgpt.ts";
import { type Called, codexBinary, inLab, type Lab, ROOT, until } from "../kit/lab.ts";
import { makeScript } from "../kit/refusal.ts";

const Seen = z.strictObject({
  version: z.literal(1),
  doctor: z.enum(["ok", "warn", "fail"]),
  exit_code: z.int(),
  workspace: z.string(),
  checks: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      status: z.enum(["ok", "warn", "fail", "skipped"]),
      detail: z.string(),
      cure: z.string().optional(),
      fixable: z.boolean(),
    }),
  ),
  fixes: z.array(z.strictObject({ id: z.string(), says: z.string(), ok: z.boolean(), did: z.string() })),
});

interface Look {
  called: Called;
  seen: z.infer<typeof Seen>;
  /** "status: detail" of a check. */
  of(id: string): string;
}

async function look(lab: Lab, env: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<Look> {
  const called = await lab.call("codex_doctor", ["--json", ...args], { env });
  expect(called.stdout, called.stderr).toMatch(/^[^\n]+\n$/);
  const seen = Seen.parse(JSON.parse(called.stdout));
  expect(called.code).toBe(seen.exit_code);
  const of = (id: string) => {
    const found = seen.checks.find((check) => check.id === id);
    return `${found?.status}: ${found?.detail}`;
  };
  return { called, seen, of };
}

/** All that is not well, but for the bundle: a test may run from the sources. */
const faults = ({ seen }: Look): string[] =>
  seen.checks
    .filter(({ status, id }) => (status === "fail" || status === "warn") && id !== "bundle")
    .map(({ id }) => id);

/** Every name below the lab's directory with what it is; what Node's own loader keeps there is not ours. */
const tree = (lab: Lab): string[] =>
  readdirSync(lab.dir, { recursive: true, encoding: "utf8" })
    .filter((name) => !/(^|\/)tsx-/.test(name))
    .map((name) => {
      const stat = lstatSync(join(lab.dir, name));
      return `${name} ${stat.mode.toString(8)} ${stat.isDirectory() ? "" : stat.size}`;
    })
    .sort();

const PLACES = { PATH: "/usr/bin:/bin" };

describe("a healthy machine", () => {
  test("all is well, with a provider of one's own and no login, and nothing is written", () =>
    inLab({}, async (lab) => {
      const before = tree(lab);
      const found = await look(lab, PLACES);
      expect(faults(found), found.called.stdout).toEqual([]);
      expect(found.called.code).toBe(0);
      expect(found.seen.checks.map(({ id }) => id)).toEqual(CHECKS.map(({ id }) => id));
      expect(found.of("codex")).toMatch(/^ok: \d+\.\d+\.\d+, native, /);
      expect(found.of("login")).toMatch(
        /^ok: the provider is mock, which needs no login with OpenAI; its key MOCK_KEY is set/,
      );
      expect(found.of("sandbox")).toMatch(/^ok: a command wrote in its scope only/);
      expect(found.of("workspace")).toMatch(/clean$/);
      expect(tree(lab)).toEqual(before);
      expect(lab.model.requests).toEqual([]);
      expect(await lab.left()).toEqual([]);
    }));

  test("a table for people, plain where the locale is, and --quiet says nothing of what is well", () =>
    inLab({}, async (lab) => {
      const text = await lab.call("codex_doctor", [], { env: { ...PLACES, LC_ALL: "C.UTF-8" } });
      expect(text.code).toBe(0);
      expect(text.stdout).toMatch(/^✓ Node +\d/);
      expect(text.stdout).toMatch(/\n\n\d+ well, \d+ to look at, 0 broken, \d+ not looked at: /);
      expect(text.stdout).not.toContain("\u001b");
      const plain = await lab.call("codex_doctor", [], { env: { ...PLACES, LC_ALL: "C" } });
      expect(plain.stdout).toMatch(/^\+ Node/);
      const quiet = await lab.call("codex_doctor", ["--quiet"], { env: { ...PLACES, MOCK_KEY: "" } });
      expect(quiet.stdout).toMatch(/^✗ Login .*MOCK_KEY is not set\n +cure: export MOCK_KEY=…\n/m);
      expect(quiet.stdout).not.toContain("✓");
      expect(quiet.code).toBe(3);
    }));

  test(
    "twenty at once",
    () =>
      inLab({}, async (lab) => {
        const before = tree(lab);
        const all = await Promise.all(Array.from({ length: 20 }, () => look(lab, PLACES)));
        for (const found of all) expect(faults(found), found.called.stdout).toEqual([]);
        expect(tree(lab)).toEqual(before);
        expect(await lab.left()).toEqual([]);
      }),
    180_000,
  );
});

describe("Codex", () => {
  test("there is none", () =>
    inLab({}, async (lab) => {
      mkdirSync(join(lab.dir, "bin"));
      symlinkSync("/usr/bin/git", join(lab.dir, "bin", "git"));
      const found = await look(lab, { PATH: join(lab.dir, "bin"), ASK_CODEX_BIN: "" });
      expect(faults(found)).toEqual(["codex"]);
      expect(found.of("codex")).toContain("no `codex` on PATH");
      for (const id of ["config", "login", "sandbox"]) expect(found.of(id)).toMatch(/^skipped: .*no Codex/);
      expect(found.called.code).toBe(3);
    }));

  test("is a shell script in a folder with a space, in front of the real one", () =>
    inLab({}, async (lab) => {
      const wrapper = makeScript(lab, "my codex", `exec '${codexBinary()}' "$@"`);
      const found = await look(lab, { ...PLACES, ASK_CODEX_BIN: wrapper });
      expect(faults(found), found.called.stdout).toEqual([]);
      expect(found.of("codex")).toMatch(/^ok: .* a wrapper, .*my codex$/);
    }));

  test.each([
    ["crashes", "echo 'libssl.so.3: cannot open shared object' >&2\nexit 127", /ended with code 127: libssl/],
    ["prints garbage", "echo hello; printf '\\001\\033[31m'", /said nothing that is known/],
    ["is killed", "kill -SEGV $$", /SIGSEGV/],
  ])("%s: named once, and all that hangs on it is left out", (name, body, says) =>
    inLab({}, async (lab) => {
      const found = await look(lab, {
        ...PLACES,
        ASK_CODEX_BIN: makeScript(lab, `codex-${name.replaceAll(" ", "-")}`, body),
      });
      expect(found.called.code).toBe(3);
      expect(found.of("codex")).toMatch(says);
      expect(found.seen.checks.filter(({ status }) => status === "fail").map(({ id }) => id)).toEqual(["codex"]);
    }),
  );

  test("hangs with a child that is deaf: a ✗, and nothing of it is left", () =>
    inLab({}, async (lab) => {
      const deaf = makeScript(lab, "codex-deaf", "trap '' TERM INT\n(trap '' TERM; sleep 300) &\nsleep 300\nwait");
      const found = await look(lab, { ...PLACES, ASK_CODEX_BIN: deaf });
      expect(found.called.code).toBe(3);
      expect(found.of("codex")).toMatch(/^fail: .*codex-deaf does not work: it was not done after 15 s/);
      expect(found.of("git")).toMatch(/^ok/);
      expect(await lab.left()).toEqual([]);
    }));

  test("hangs, and Ctrl-C ends it with all that it started", () =>
    inLab({}, async (lab) => {
      const flag = join(lab.dir, "started");
      const slow = makeScript(lab, "codex-slow", `touch '${flag}'\nsleep 300 &\nwait`);
      const before = readdirSync(join(lab.dir, "home")).filter((name) => !name.startsWith("tsx-"));
      const running = lab.start("codex_doctor", [], { env: { ...PLACES, ASK_CODEX_BIN: slow } });
      await until(() => existsSync(flag));
      running.kill("SIGINT");
      const called = await running.done;
      expect([called.code, called.stdout, called.stderr]).toEqual([130, "", "codex_doctor: stopped\n"]);
      expect(await lab.left()).toEqual([]);
      expect(readdirSync(join(lab.dir, "home")).filter((name) => !name.startsWith("tsx-"))).toEqual(before);
    }));

  test("knows no permission profiles", () =>
    inLab({}, async (lab) => {
      const old = join(
        dirname(createRequire(import.meta.url).resolve("codex-without-profiles/package.json")),
        "bin",
        "codex.js",
      );
      const found = await look(lab, { ...PLACES, ASK_CODEX_BIN: old });
      expect(faults(found), found.called.stdout).toEqual(["sandbox"]);
      expect(found.of("sandbox")).toMatch(/^warn: this Codex knows no permission profiles/);
      expect(found.called.code).toBe(0);
    }));

  test("can't load its settings: its own sentence, once", () =>
    inLab({ config: "sandbox_mode = [" }, async (lab) => {
      const found = await look(lab, PLACES);
      expect(faults(found)).toEqual(["config"]);
      expect(found.of("config")).toMatch(/^fail: Codex can't load them: .*config\.toml:\d+:\d+: .*array/);
      expect(found.of("login")).toMatch(/^skipped/);
    }));
});

describe("a login", () => {
  test("with ChatGPT, and how full the account is; nothing is kept of the answer", async () => {
    const service = await startUsageService({ primary: usageWindow(37, 3_600) });
    try {
      await inLab({}, async (lab) => {
        const codexHome = join(lab.dir, "logged-in");
        logIn(codexHome, service.port);
        const found = await look(lab, { ...PLACES, CODEX_HOME: codexHome });
        expect(faults(found), found.called.stdout).toEqual([]);
        expect(found.of("login")).toBe("ok: Logged in using ChatGPT");
        expect(found.of("quota")).toMatch(/^ok: 37 % of the primary limit are used, it resets at /);
        expect(existsSync(lab.home)).toBe(false);
        service.answer({ primary: usageWindow(99, 3_600) });
        const full = await look(lab, { ...PLACES, CODEX_HOME: codexHome });
        expect(faults(full)).toEqual(["quota"]);
        expect(full.of("quota")).toMatch(/99 %.*the gate is at 85 %/);
        expect(await lab.left()).toEqual([]);
      });
    } finally {
      await service.close();
    }
  });

  test("is missing", () =>
    inLab({}, async (lab) => {
      mkdirSync(join(lab.dir, "empty"));
      const found = await look(lab, {
        ...PLACES,
        CODEX_HOME: join(lab.dir, "empty"),
        OPENAI_API_KEY: "nothing-secret",
      });
      expect(faults(found)).toEqual(["login"]);
      expect(found.of("login")).toMatch(/Codex is not logged in; OPENAI_API_KEY is set, and Codex does not use it/);
    }));
});

describe("the place", () => {
  test("is inside Codex, which is not started", () =>
    inLab({}, async (lab) => {
      const flag = join(lab.dir, "started");
      const codex = makeScript(lab, "codex-telling", `touch '${flag}'`);
      for (const mark of [{ CODEX_THREAD_ID: "1" }, { ASK_CODEX_RUN: "r-20261121-051103-k7qz" }]) {
        const found = await look(lab, { ...PLACES, ...mark, ASK_CODEX_BIN: codex });
        expect(faults(found)).toEqual(["recursion"]);
        expect(found.called.code).toBe(3);
      }
      expect(existsSync(flag)).toBe(false);
      const tested = await lab.call("codex_doctor", ["--self-test"], {
        env: { CODEX_THREAD_ID: "1", ASK_CODEX_BIN: codex },
      });
      expect([tested.code, existsSync(flag)]).toEqual([3, false]);
      expect(tested.stderr).toContain("Codex must not delegate to itself");
    }));

  test("is Claude Code's own sandbox", () =>
    inLab({}, async (lab) => {
      const found = await look(lab, { ...PLACES, SANDBOX_RUNTIME: "1" });
      expect(faults(found)).toEqual(["claude-sandbox"]);
      expect(found.of("sandbox")).toMatch(/^skipped/);
    }));

  const CLOSED = ["-U", "-r", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"];
  const possible = process.platform === "linux" && spawnSync("unshare", [...CLOSED, "true"]).status === 0;

  test.runIf(possible)("has no user namespaces", () =>
    inLab({}, async (lab) => {
      const doctor = [process.execPath, join(ROOT, "scripts", "codex_doctor.mjs"), "--quiet"];
      const called = await lab.run("unshare", [...CLOSED, ...doctor], { env: { ...PLACES, LC_ALL: "C.UTF-8" } });
      expect(called.code, called.stdout + called.stderr).toBe(3);
      expect(called.stdout).toMatch(
        /✗ Sandbox +Codex's sandbox can't start here: .*namespace.*\n +cure: .*sysctl.*max_user_namespaces/,
      );
    }),
  );

  test("has no room for records, is a file, or has a path that is too long for sockets", () =>
    inLab({}, async (lab) => {
      expect(faults(await look(lab, { ...PLACES, ASK_CODEX_HOME: "/proc/ask-codex" }))).toContain("state-home");
      const file = join(lab.dir, "a file");
      writeFileSync(file, "");
      const found = await look(lab, { ...PLACES, ASK_CODEX_HOME: file });
      expect(found.of("state-home")).toMatch(/^fail: .*a file can't be used: it is a file/);
      const long = await look(lab, { ...PLACES, ASK_CODEX_HOME: join(lab.dir, "x".repeat(200)) });
      expect(faults(long), long.called.stdout).toEqual([]);
      expect(long.of("socket")).toMatch(/^ok: .*too long/);
    }));

  test("has settings that can't be read", () =>
    inLab({ files: { ".claude/ask-codex.local.md": "---\nnetwork: true\n---\n" } }, async (lab) => {
      const found = await look(lab, PLACES);
      expect(faults(found)).toContain("settings");
      expect(found.of("settings")).toMatch(/^fail: .*ask-codex\.local\.md.*, line 2: /);
    }));
});

test("--fix says what it does before it does it, and the second time there is nothing to do", () =>
  inLab({}, async (lab) => {
    mkdirSync(lab.home, { mode: 0o755 });
    for (const name of ["sockets", "slots"]) mkdirSync(join(lab.home, name), { mode: 0o700 });
    const socket = join(lab.home, "sockets", "r-20261121-051103-k7qz");
    await leaveDeadSocket(socket);
    const ticket = {
      version: 1,
      run_id: "r-20261121-051103-k7qz",
      owner: { pid: 2 ** 22 - 1, startTime: "1", bootId: "b" },
      record: "",
    };
    writeFileSync(join(lab.home, "slots", "7.json"), JSON.stringify(ticket));
    writeFileSync(join(lab.home, "kept.txt"), "mine");

    const seen = await look(lab, PLACES);
    expect(faults(seen).sort(), seen.called.stdout).toEqual(["leftovers", "state-home"]);
    expect(existsSync(socket)).toBe(true);

    // The bundle is that of the other tests, which run at the same time.
    const first = await lab.call("codex_doctor", ["--fix"], { env: { ...PLACES, LC_ALL: "C.UTF-8" } });
    expect(first.code, first.stdout).toBe(0);
    expect(first.stdout).toMatch(/^fix: close .*state to other users\n {2}done: closed .*\n/m);
    expect(first.stdout).toMatch(
      /^fix: remove 1 slot, 1 socket that nobody uses\n {2}done: removed 1 slot, 1 socket\n/m,
    );
    expect(first.stdout).toMatch(/^✓ Leftovers +none$/m);
    expect(lstatSync(lab.home).mode & 0o777).toBe(0o700);
    expect([
      existsSync(socket),
      existsSync(join(lab.home, "slots", "7.json")),
      existsSync(join(lab.home, "kept.txt")),
    ]).toEqual([false, false, true]);

    const after = tree(lab);
    const second = await look(lab, PLACES, "--fix");
    expect(second.seen.fixes).toEqual([]);
    expect(tree(lab)).toEqual(after);
  }));

/** A socket whose listener was killed, older than one that may just come up. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer();
  const spare = `${path}.bound`;
  await new Promise<void>((resolve) => server.listen(spare, resolve));
  linkSync(spare, path);
  await new Promise((resolve) => server.close(resolve));
  const old = new Date(Date.now() - 2 * 3_600_000);
  utimesSync(path, old, old);
}

test.each([
  [["--nonsense"], /there is no option --nonsense/],
  [["run"], /takes no words, and there is "run"/],
  [["-w", "/nowhere/at/all"], /can't work in \/nowhere\/at\/all/],
  [["--self-test", "--fix"], /contradict each other/],
])("bad input: %j", (args, says) =>
  inLab({}, async (lab) => {
    const before = tree(lab);
    const called = await lab.call("codex_doctor", args);
    expect([called.code, called.stdout]).toEqual([64, ""]);
    expect(called.stderr).toMatch(/^codex_doctor: [^\n]+\n( {2}hint: [^\n]+\n)?$/);
    expect(called.stderr).toMatch(says);
    expect(tree(lab)).toEqual(before);
  }),
);
