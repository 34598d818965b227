import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { permissionRules } from "../../../src/claude/permission-rules.mjs";
import type { Check, Outcome, Said, World } from "../../../src/doctor/check.ts";
import { CHECKS } from "../../../src/doctor/checks.ts";
import { runChecks } from "../../../src/doctor/run-checks.ts";
import { countEnd } from "../../../src/gate/breaker.ts";
import { createRecord, writeStatus } from "../../../src/run/create-record.ts";
import { sampleRequest } from "../core/samples.ts";
import { said, sampleWorld } from "./sample-world.ts";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

type Answers = Parameters<typeof sampleWorld>[1];

function worldOf(given: Partial<World> = {}, answers?: Answers) {
  const world = sampleWorld(given, answers);
  dirs.push(world.dir);
  return world;
}

const checkOf = (id: string): Check => {
  const found = CHECKS.find((check) => check.id === id);
  if (!found) throw new Error(`there is no check ${id}`);
  return found;
};

/** As the table would have it. */
async function see(id: string, world: World): Promise<Outcome> {
  const [checked] = await runChecks([checkOf(id)], world);
  if (!checked) throw new Error("nothing was looked at");
  return checked;
}

function put(world: { dir: string }, path: string, text: string): string {
  const full = join(world.dir, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

test("every check has an id and a title of its own", () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  expect(new Set(CHECKS.map(({ title }) => title)).size).toBe(CHECKS.length);
});

test.each([
  ["20.19.0", "ok"],
  ["24.1.0", "ok"],
  ["20.18.9", "fail"],
  ["18.20.1", "fail"],
])("Node %s: %s", async (nodeVersion, status) => {
  expect(await see("node", worldOf({ nodeVersion }))).toMatchObject({ status });
});

const HANGS: Partial<Said> = { exitCode: null, failure: "it was not done after 5 s" };
const only =
  (words: string, what: Partial<Said>): Answers =>
  (asked) =>
    asked === words ? what : undefined;

describe("codex", () => {
  test.each<[string, Answers, Partial<Outcome>, RegExp]>([
    ["healthy", undefined, { status: "ok" }, /^0\.169\.0, native, /],
    [
      "hangs",
      only("--version", HANGS),
      { status: "fail", cure: "npm install -g @openai/codex@latest" },
      /does not work: it was not done after 5 s/,
    ],
    [
      "crashes",
      only("--version", { exitCode: 1, stderr: "a\nlibssl is missing\n" }),
      { status: "fail" },
      /ended with code 1: libssl is missing/,
    ],
    ["prints garbage", only("--version", { stdout: "hello" }), { status: "fail" }, /said nothing that is known: hello/],
    ["has no app-server", only("app-server --help", { exitCode: 2 }), { status: "warn" }, /no app-server/],
  ])("%s", async (_, answers, outcome, detail) => {
    const seen = await see("codex", worldOf({}, answers));
    expect(seen).toMatchObject(outcome);
    expect(seen.detail).toMatch(detail);
  });

  test("there is none", async () => {
    const world = worldOf({ env: { ASK_CODEX_BIN: "" } });
    expect(await see("codex", world)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("no `codex` on PATH"),
    });
    for (const id of ["config", "login", "sandbox", "quota"])
      expect(await see(id, world)).toMatchObject({ status: "skipped" });
    const named = worldOf({ env: { ASK_CODEX_BIN: "/nowhere" } });
    expect(await see("codex", named)).toMatchObject({ status: "fail", cure: "unset ASK_CODEX_BIN" });
  });

  test("inside Codex nothing is started", async () => {
    const world = worldOf({ env: { CODEX_THREAD_ID: "1" }, run: () => Promise.reject(new Error("started")) });
    expect(await see("codex", world)).toMatchObject({ status: "ok" });
    for (const id of ["config", "login", "sandbox", "quota"])
      expect(await see(id, world)).toMatchObject({ status: "skipped" });
    expect(await see("recursion", world)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("CODEX_THREAD_ID"),
    });
  });

  test("PATH has another version", async () => {
    const world = worldOf();
    const [one, two] = [put(world, "one/codex", "first"), put(world, "two/codex", "second")];
    for (const path of [one, two]) chmodSync(path, 0o755);
    const run = async ({ command, args }: { command: string; args: readonly string[] }) =>
      said({ stdout: args[0] === "--version" ? `codex-cli ${command === one ? "0.169.0" : "0.110.0"}` : "" });
    const env = { PATH: `${dirname(one)}:${dirname(two)}:${dirname(one)}`, ASK_CODEX_BIN: "" };
    const seen = await see("codex", { ...world, run, env: { ...world.env, ...env } });
    expect(seen).toMatchObject({ status: "warn", cure: "which -a codex" });
    expect(seen.detail).toContain(`0.110.0 at ${two}`);
    const named = await see("codex", { ...world, run, env: { ...world.env, ...env, ASK_CODEX_BIN: one } });
    expect(named).toMatchObject({ status: "ok" });
  });
});

const LOGGED_OUT = only("login status", { exitCode: 1, stderr: "Not logged in\n" });
const BROKEN = only("login status", {
  exitCode: 1,
  stderr: "Error loading configuration: /home/me/config.toml:1:10: unclosed array\n",
});

test.each<[string, Answers, Partial<Outcome>]>([
  ["loads", undefined, { status: "ok" }],
  ["of somebody who is not logged in", LOGGED_OUT, { status: "ok" }],
  [
    "broken",
    BROKEN,
    {
      status: "fail",
      detail: "Codex can't load them: /home/me/config.toml:1:10: unclosed array",
      cure: `\${EDITOR:-vi} /home/me/config.toml`,
    },
  ],
  ["hangs", only("login status", HANGS), { status: "fail" }],
  ["of a Codex that does not work", () => HANGS, { status: "skipped" }],
])("config: %s", async (_, answers, outcome) => {
  expect(await see("config", worldOf({}, answers))).toMatchObject(outcome);
});

describe("login", () => {
  const OWN = 'model_provider = "mock"\n[model_providers.mock]\nenv_key = "MOCK_KEY"\n';
  test.each<[string, string, NodeJS.ProcessEnv, Answers, Partial<Outcome>, RegExp]>([
    ["ChatGPT", "", {}, undefined, { status: "ok" }, /^Logged in using ChatGPT$/],
    ["none", "", {}, LOGGED_OUT, { status: "fail", cure: "codex login" }, /^Codex is not logged in$/],
    [
      "a key that Codex does not use",
      "",
      { OPENAI_API_KEY: "k" },
      LOGGED_OUT,
      { status: "fail", cure: "printenv OPENAI_API_KEY | codex login --with-api-key" },
      /does not use it/,
    ],
    [
      "CODEX_API_KEY and the app-server",
      "",
      { CODEX_API_KEY: "k" },
      LOGGED_OUT,
      { status: "fail" },
      /app-server .* does not/,
    ],
    [
      "a provider of one's own",
      OWN,
      { MOCK_KEY: "k" },
      LOGGED_OUT,
      { status: "ok" },
      /provider is mock.*MOCK_KEY is set/,
    ],
    ["without its key", OWN, {}, LOGGED_OUT, { status: "fail", cure: "export MOCK_KEY=…" }, /MOCK_KEY is not set/],
    ["that has no key", 'model_provider = "ollama"\n', {}, LOGGED_OUT, { status: "ok" }, /ollama/],
    ["settings that don't load", "", {}, BROKEN, { status: "skipped" }, /can't be loaded/],
    ["a Codex that does not work", "", {}, () => HANGS, { status: "skipped" }, /does not work/],
  ])("%s", async (_, config, env, answers, outcome, detail) => {
    const world = worldOf({ env }, answers);
    put(world, "codex-home/config.toml", config);
    const seen = await see("login", world);
    expect(seen).toMatchObject(outcome);
    expect(seen.detail).toMatch(detail);
  });

  test("CODEX_API_KEY is enough for exec, and no key is shown", async () => {
    const world = worldOf(
      { env: { CODEX_API_KEY: "k" }, defaults: async () => ({ engine: "exec", quotaGate: 85 }) },
      LOGGED_OUT,
    );
    expect(await see("login", world)).toMatchObject({ status: "ok" });
    const keyed = only("login status", { stderr: "Logged in using an API key - sk-proj-***abcd\n" });
    expect((await see("login", worldOf({}, keyed))).detail).toBe("Logged in using an API key");
  });
});

describe("sandbox", () => {
  const HELD = {
    "write-inside": "done",
    "write-outside": "no Read-only",
    "read-secret": "no",
    "read-record": "no",
    connect: "no",
  };
  const canary =
    (lines: Record<string, string>): Answers =>
    (words) =>
      words.startsWith("sandbox -P ask_codex_")
        ? {
            stdout: Object.entries(lines)
              .map(([word, how]) => `${word}=${how}\n`)
              .join(""),
          }
        : undefined;
  const fails =
    (stderr: string, exitCode = 1): Answers =>
    (words) =>
      words.startsWith("sandbox") ? { exitCode, stderr } : undefined;
  test.each<[string, Answers, string, RegExp]>([
    ["holds", canary(HELD), "ok", /wrote in its scope only/],
    [
      "can't write at all",
      canary({ ...HELD, "write-inside": "no Read-only file system" }),
      "fail",
      /can't write where it may \(Read-only file system\)/,
    ],
    ["leaks writes", canary({ ...HELD, "write-outside": "done" }), "fail", /outside of its scope/],
    [
      "leaks secrets and network",
      canary({ ...HELD, "read-secret": "done", connect: "done" }),
      "fail",
      /closed to it; .*network/,
    ],
    ["leaks records", canary({ ...HELD, "read-record": "done" }), "fail", /our records/],
    [
      "can't start",
      fails("bwrap: No permissions to create a new namespace"),
      "fail",
      /sandbox can't start here: bwrap: No permissions/,
    ],
    ["knows no profiles", fails("error: unexpected argument '-P' found", 2), "warn", /no permission profiles/],
    ["crashes", fails("thread 'main' panicked", 101), "fail", /did not run: it ended with code 101/],
    ["of a Codex that does not work", () => HANGS, "skipped", /does not work/],
  ])("%s", async (_, answers, status, detail) => {
    const seen = await see("sandbox", worldOf({}, answers));
    expect(seen.status).toBe(status);
    expect(seen.detail).toMatch(detail);
  });

  test("is claimed for nothing on Windows, where a run has no profile", async () => {
    const asked: string[] = [];
    const world = worldOf({ platform: "win32" }, (words) => {
      asked.push(words);
      return undefined;
    });
    const { status, detail } = await see("sandbox", world);
    expect(status).toBe("warn");
    expect(detail).toContain("Codex runs on Windows, where nobody has seen its sandbox hold anything");
    expect(asked.filter((words) => words.startsWith("sandbox"))).toEqual([]);
  });

  test("is not tried inside Claude Code's own, which is named", async () => {
    const world = worldOf({ env: { SANDBOX_RUNTIME: "1" } }, () => HANGS);
    expect(await see("sandbox", world)).toMatchObject({ status: "skipped" });
    expect(await see("claude-sandbox", world)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("dangerouslyDisableSandbox"),
    });
    expect(await see("claude-sandbox", worldOf())).toMatchObject({ status: "ok" });
  });

  test("leaves nothing in the temporary directory", async () => {
    const places = worldOf().dir;
    vi.stubEnv("TMPDIR", places);
    let during: string[] = [];
    const answers: Answers = (words) => {
      if (words.startsWith("sandbox")) during = readdirSync(places);
      return {};
    };
    await see("sandbox", worldOf({}, answers));
    vi.unstubAllEnvs();
    expect(during.filter((name) => name.startsWith("ask-codex-doctor-"))).toHaveLength(1);
    expect(readdirSync(places).filter((name) => name.startsWith("ask-codex-doctor-"))).toEqual([]);
  });
});

describe("state home", () => {
  const stateOf = (prepare: (home: string) => void, given: Partial<World> = {}) => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), "state-")));
    dirs.push(base);
    prepare(join(base, "state"));
    return see("state-home", worldOf({ home: () => join(base, "state"), ...given }));
  };

  test("is made by --fix where it is not there", async () => {
    const seen = await stateOf(() => {});
    expect(seen).toMatchObject({ status: "ok", detail: expect.stringContaining("is not there yet") });
    const said = await seen.fix?.run();
    const home = /^made (\S+),/.exec(said ?? "")?.[1] ?? "";
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  test("is closed by --fix where others can enter", async () => {
    const seen = await stateOf((home) => mkdirSync(home, { mode: 0o755 }));
    expect(seen).toMatchObject({
      status: "warn",
      cure: expect.stringMatching(/^chmod 700 \//),
      detail: expect.stringContaining("(755)"),
    });
    await seen.fix?.run();
    expect(statSync(seen.cure?.slice("chmod 700 ".length) ?? "").mode & 0o777).toBe(0o700);
  });

  test.each<[string, (home: string) => void, RegExp]>([
    ["a file", (home) => writeFileSync(home, ""), /it is a file/],
    ["a link", (home) => symlinkSync(tmpdir(), home), /symbolic link/],
    [
      "shared",
      (home) => {
        mkdirSync(home);
        chmodSync(home, 0o1777);
      },
      /shared by all users/,
    ],
  ])("is %s", async (_, prepare, detail) => {
    const seen = await stateOf(prepare);
    expect(seen).toMatchObject({ status: "fail", cure: expect.stringContaining("ASK_CODEX_HOME") });
    expect(seen.detail).toMatch(detail);
  });

  test("lies where nothing can be made, below a file, or in the workspace", async () => {
    const world = worldOf();
    expect(await see("state-home", { ...world, home: () => "/proc/ask-codex" })).toMatchObject({ status: "fail" });
    expect(await see("state-home", { ...world, home: () => join(put(world, "file", ""), "state") })).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("not a directory"),
    });
    expect(await see("state-home", world)).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("inside the workspace"),
    });
  });

  test("can't be named at all", async () => {
    const home = () => {
      throw new Error("there is no home directory");
    };
    for (const id of ["state-home", "socket", "breaker", "runs"])
      expect(await see(id, worldOf({ home }))).toMatchObject({ status: "fail", detail: "there is no home directory" });
  });
});

test("a socket is tried beside the records, or in the temporary directory where their path is long", async () => {
  const world = worldOf();
  expect(await see("socket", world)).toMatchObject({
    status: "ok",
    detail: expect.stringContaining(join(world.dir, "state", "sockets")),
  });
  const long = join(world.dir, "x".repeat(120));
  expect(await see("socket", { ...world, home: () => long })).toMatchObject({
    status: "ok",
    detail: expect.stringContaining("too long"),
  });
  expect(readdirSync(world.dir)).toEqual([]);
});

test.each<[string, Answers, Partial<World>, string, RegExp]>([
  ["git", (words) => ({ stdout: words === "--version" ? "git version 2.39.5\n" : "" }), {}, "ok", /^2\.39\.5$/],
  ["git", () => ({ exitCode: null, failure: "spawn git ENOENT" }), {}, "warn", /can't be used.*ENOENT/],
  [
    "workspace",
    (words) => (words.includes("status") ? { stdout: " M a b\0?? c\0R  new\0old\0" } : {}),
    {},
    "ok",
    /3 uncommitted paths/,
  ],
  ["workspace", (words) => (words.includes("rev-parse") ? { exitCode: 1 } : {}), {}, "warn", /no commit yet \(clean\)/],
  [
    "workspace",
    () => ({ exitCode: 128, stderr: "fatal: detected dubious ownership" }),
    {},
    "warn",
    /dubious ownership/,
  ],
  ["workspace", undefined, { git: false }, "warn", /no git repository/],
])("%s %#", async (id, answers, given, status, detail) => {
  const seen = await see(id, worldOf(given, answers));
  expect(seen.status).toBe(status);
  expect(seen.detail).toMatch(detail);
});

test.each<[string, (dir: string) => string, RegExp]>([
  ["a project", (dir) => join(dir, "project"), /^git -C .*project'? init$/],
  ["the home", (dir) => dir, /^change into the directory of a project/],
  ["the root", () => "/", /^change into the directory of a project/],
])("no repository is asked for in a wrong place: %s", async (_, where, cure) => {
  const world = worldOf({ git: false });
  expect(await see("workspace", { ...world, workspace: where(world.dir) })).toMatchObject({
    status: "warn",
    cure: expect.stringMatching(cure),
  });
});

test.each<[string, string, NodeJS.ProcessEnv, string, RegExp]>([
  ["good", "---\ntimeout: 60\n---\n", {}, "ok", /settings\.md/],
  ["a key that is none", "---\ntimeuot: 60\n---\n", {}, "fail", /line 2.*timeuot/],
  ["no front matter", "timeout: 60\n", {}, "fail", /there is none/],
  ["a bad variable", "", { ASK_CODEX_TIMEOUT: "soon" }, "fail", /^ASK_CODEX_TIMEOUT/],
])("settings: %s", async (_, text, env, status, detail) => {
  const world = worldOf({ env });
  put(world, "state/settings.md", text);
  const seen = await see("settings", world);
  expect(seen.status).toBe(status);
  expect(seen.detail).toMatch(detail);
  if (status === "fail") expect(seen.cure).toMatch(/settings\.md$|^unset ASK_CODEX_TIMEOUT$/);
});

describe("an installation", () => {
  const skill = (world: { dir: string }) => join(world.dir, ".claude", "skills", "ask-codex");
  const copy = (world: { dir: string; root: string }) => {
    for (const name of ["SKILL.md", "package.json"]) {
      mkdirSync(skill(world), { recursive: true });
      cpSync(join(world.root, name), join(skill(world), name));
    }
  };
  const plugin = (world: { dir: string }) =>
    put(
      world,
      ".claude/plugins/installed_plugins.json",
      JSON.stringify({ version: 2, plugins: { "ask-codex@market": [] } }),
    );
  const manifest = (world: ReturnType<typeof worldOf>, files: Record<string, string>) =>
    put(
      world,
      ".claude/skills/ask-codex/.ask-codex-install.json",
      JSON.stringify({ version: 1, bundle: "0.1.0", files: Object.keys(files), sha256: files }),
    );

  test("is none", async () => {
    const world = worldOf();
    expect(await see("install", world)).toMatchObject({ status: "ok" });
    expect(await see("permissions", world)).toMatchObject({ status: "skipped" });
  });

  test("is whole, or not", async () => {
    const world = worldOf();
    copy(world);
    expect(await see("install", world)).toMatchObject({ status: "ok", detail: expect.stringContaining(skill(world)) });
    manifest(world, { "SKILL.md": world.installer.hashOf(join(skill(world), "SKILL.md")) });
    expect(await see("install", world)).toMatchObject({ status: "ok" });
    manifest(world, { "SKILL.md": "another", "src/gone.ts": "x" });
    const seen = await see("install", world);
    expect(seen.status).toBe("warn");
    expect(seen.detail).toMatch(
      /1 file is missing \(src\/gone\.ts\); 1 file is changed since the install \(SKILL\.md\)/,
    );
  });

  test("has another version, leads nowhere, or is there twice", async () => {
    const world = worldOf();
    copy(world);
    put(world, ".claude/skills/ask-codex/package.json", JSON.stringify({ name: "ask-codex", version: "0.0.1" }));
    expect(await see("install", world)).toMatchObject({
      status: "warn",
      detail: expect.stringMatching(/has the version 0\.0\.1/),
    });
    plugin(world);
    expect(await see("install", world)).toMatchObject({
      status: "warn",
      cure: "claude plugin uninstall ask-codex@market",
    });
    rmSync(skill(world), { recursive: true });
    symlinkSync(join(world.dir, "nowhere"), skill(world));
    expect(await see("install", world)).toMatchObject({
      status: "warn",
      detail: expect.stringMatching(/is a link to .*nowhere, where nothing is/),
    });
  });

  test("is somebody else's directory", async () => {
    const world = worldOf();
    put(world, ".claude/skills/ask-codex/mine.txt", "");
    expect(await see("install", world)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("is not ask-codex"),
    });
  });

  test("was interrupted: --fix gives the lock back", async () => {
    const world = worldOf();
    copy(world);
    const lock = put(
      world,
      `.claude/skills/${world.installer.LOCK}/owner.json`,
      JSON.stringify({ version: 1, pid: 2 ** 22 - 1, started: "1" }),
    );
    const seen = await see("install", world);
    expect(seen).toMatchObject({ status: "warn", detail: expect.stringContaining("interrupted") });
    await seen.fix?.run();
    expect(statSync(dirname(lock), { throwIfNoEntry: false })).toBeUndefined();
    expect(await see("install", world)).toMatchObject({ status: "ok" });
    put(
      world,
      `.claude/skills/${world.installer.LOCK}/owner.json`,
      JSON.stringify({ version: 1, pid: process.pid, started: null }),
    );
    expect(await see("install", world)).toMatchObject({ status: "ok" });
  });

  test("has its permission rules, some of them, or settings that nobody can read", async () => {
    const world = worldOf();
    copy(world);
    const rules = permissionRules(skill(world), "skill");
    const allow = (file: string, list: string[]) =>
      put(world, `.claude/${file}`, JSON.stringify({ permissions: { allow: list } }));
    expect(await see("permissions", world)).toMatchObject({
      status: "warn",
      cure: expect.stringMatching(/install\.sh'? --grant$/),
    });
    allow("settings.json", rules.slice(0, 2));
    expect((await see("permissions", world)).detail).toMatch(
      new RegExp(`^${rules.length - 2} of ${rules.length} are missing`),
    );
    allow("settings.local.json", rules.slice(2));
    expect(await see("permissions", world)).toMatchObject({ status: "ok" });
    allow("settings.local.json", ["Bash", "Read(*)", "Skill(ask-codex)"]);
    expect(await see("permissions", world)).toMatchObject({ status: "ok" });
    put(world, ".claude/settings.local.json", "{ // a comment\n}");
    expect(await see("permissions", world)).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("is not JSON"),
    });
  });

  test("as a plugin needs other rules", async () => {
    const world = worldOf();
    plugin(world);
    expect(await see("permissions", world)).toMatchObject({
      status: "warn",
      cure: expect.stringMatching(/--grant --plugin$/),
      detail: expect.stringContaining("Skill(ask-codex:ask-codex)"),
    });
  });

  test("has hooks, or a review gate without one", async () => {
    const world = worldOf();
    expect(await see("hooks", world)).toMatchObject({ status: "ok", detail: expect.stringMatching(/^off/) });
    put(world, "state/settings.md", "---\nreview_gate: on\n---\n");
    expect(await see("hooks", world)).toMatchObject({
      status: "warn",
      cure: expect.stringMatching(/\/install\.sh'? --hooks$/),
    });
    expect(await see("hooks", { ...world, root: world.dir })).toMatchObject({
      cure: "in a clone of ask-codex: ./install.sh --hooks",
    });
    copy(world);
    for (const name of ["hooks/hooks.json", ".claude-plugin/plugin.json"])
      put(world, `.claude/skills/ask-codex/${name}`, "{}");
    expect(await see("hooks", world)).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/^on, in .*; the review gate is on$/),
    });
    put(world, ".claude/ask-codex.local.md", "---\nreview_gate: off\n---\n");
    expect(await see("hooks", world)).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/review gate is off$/),
    });
    put(world, ".claude/ask-codex.local.md", "no settings");
    expect(await see("hooks", world)).toMatchObject({ status: "skipped" });
  });
});

describe("the bundle", () => {
  const skillOf = () => {
    const world = worldOf({ bundled: false, installer: { ...sampleInstaller(), stampSources: async () => "now" } });
    put(world, "package.json", JSON.stringify({ version: "0.1.0", dependencies: { zod: "1" } }));
    return { ...world, root: world.dir };
  };
  const sampleInstaller = () => {
    const { installer, dir } = sampleWorld();
    dirs.push(dir);
    return installer;
  };

  test("is built, and packages are installed, by --fix", async () => {
    const asked: string[] = [];
    const world = skillOf();
    const run: World["run"] = async ({ args }) => {
      asked.push(args.join(" "));
      if (args[0] === "ci") put(world, "node_modules/zod/package.json", "{}");
      else put(world, "dist/stamp", "now");
      return said();
    };
    const seen = await see("bundle", { ...world, run });
    expect(seen).toMatchObject({ status: "warn", detail: "packages of the skill are missing: zod" });
    expect(asked).toEqual([]);
    await seen.fix?.run();
    expect(asked).toEqual([
      "ci --omit=dev --ignore-scripts --no-audit --no-fund",
      join(world.dir, "scripts", "build.mjs"),
    ]);
    expect(await see("bundle", { ...world, run })).toMatchObject({ status: "ok" });
    put(world, "dist/stamp", "before");
    const stale = await see("bundle", { ...world, run });
    expect(stale).toMatchObject({ status: "warn", detail: expect.stringContaining("older than the sources") });
    // Two doctors at once: the second one finds it made.
    const both = await Promise.all([stale.fix?.run(), stale.fix?.run()]);
    expect(both.sort()).toEqual(["built the bundle", "somebody else has done it meanwhile"]);
  });

  test("that can't be built is told with the words of the build", async () => {
    const world = skillOf();
    put(world, "node_modules/zod/package.json", "{}");
    const run = async () => said({ exitCode: 1, stderr: "ERROR: no room\n" });
    await expect((await see("bundle", { ...world, run })).fix?.run()).rejects.toThrow(
      "the build failed: it ended with code 1: ERROR: no room",
    );
    expect(readdirSync(world.dir).filter((name) => name.includes("lock"))).toEqual([]);
  });
});

test("the breaker: closed, open until, half-open", async () => {
  const world = worldOf();
  const at = (minutes: number) => new Date(world.now.getTime() + minutes * 60_000);
  mkdirSync(join(world.dir, "state"));
  expect(await see("breaker", world)).toMatchObject({ status: "ok", detail: "closed" });
  for (const nth of [1, 2, 3])
    countEnd(
      world.home(),
      world.workspace,
      { runId: `r-20261121-12000${nth}-aaaa`, verdict: "fatal", reason: "not logged in" },
      world.now,
    );
  expect(await see("breaker", world)).toMatchObject({
    status: "fail",
    detail: expect.stringMatching(/^open until .*: 3 fatal runs in a row, the last: not logged in/),
  });
  expect(await see("breaker", { ...world, now: at(20) })).toMatchObject({
    status: "warn",
    detail: expect.stringMatching(/^half-open/),
  });
});

test("runs and brokers: under way, dead, and torn", async () => {
  const world = worldOf();
  expect(await see("runs", world)).toMatchObject({ status: "ok", detail: "0 under way, 0 ended" });
  const make = (runId: string) =>
    createRecord(
      world.home(),
      sampleRequest({ runId, workspace: world.workspace, createdAt: world.now.toISOString() }),
    );
  const dead = make("r-20261121-110000-dead");
  writeStatus(dead, {
    version: 1,
    runId: "r-20261121-110000-dead",
    state: "running",
    updatedAt: world.now.toISOString(),
    owner: { pid: 2 ** 22 - 1, startTime: "1", bootId: "another" },
  });
  const seen = await see("runs", world);
  expect(seen).toMatchObject({ status: "warn", cure: "node codex_runs.mjs list --all" });
  expect(seen.detail).toContain("r-20261121-110000-dead died");
  writeFileSync(join(dead, "request.json"), "{");
  expect(await see("runs", world)).toMatchObject({ status: "warn", detail: expect.stringContaining("can't be read") });
  expect(await see("brokers", world)).toMatchObject({ status: "ok", detail: "none lives" });
  expect(await see("inbox", world)).toMatchObject({ status: "ok" });
});

test("leftovers are counted by kind, and removed by --fix", async () => {
  const removed: string[] = [];
  const leftovers = async () => [
    { kind: "socket" as const, path: "/a" },
    { kind: "slot" as const, path: "/b" },
    { kind: "socket" as const, path: "/c" },
  ];
  const removeLeftover: World["removeLeftover"] = ({ path }) => removed.push(path) < 3;
  const seen = await see("leftovers", worldOf({ leftovers, removeLeftover }));
  expect(seen).toMatchObject({
    status: "warn",
    detail: "2 sockets, 1 slot of brokers that are gone",
    cure: "node codex_doctor.mjs --fix",
  });
  expect(removed).toEqual([]);
  expect(await seen.fix?.run()).toBe("removed 1 socket, 1 slot");
});
