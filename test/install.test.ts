import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { npmCi } from "../scripts/install/run.mjs";
import { permissionRules } from "../src/claude/permission-rules.mjs";

const REPO = fileURLToPath(new URL("..", import.meta.url));
const SKILL = "---\nname: ask-codex\ndescription: A fixture.\n---\n\nBody.\n";
const TOOLS = ["sh", "env", "node", "npm", "git", "mktemp", "rm", "sed", "head", "mkdir"];

type Env = Record<string, string | undefined>;
type Result = { code: number | null; out: string; err: string };
type Run = { command: string; args: string[]; cwd: string; env: Env; input?: string };

/** Runs a program to its end with nothing but the given environment. */
function run({ command, args, cwd, env, input }: Run) {
  const child = spawn(command, args, { cwd, env, stdio: "pipe" });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.on("error", () => {}).end(input ?? "");
  const ended = new Promise<Result>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
  return { child, ended };
}

function whereIs(name: string): string | undefined {
  const found = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  return found.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return lstatSync(path).isFile() || lstatSync(path).isSymbolicLink();
    } catch {
      return false;
    }
  });
}

/** Every path below a directory with its kind, mode and contents: two equal ones are byte for byte the same tree. */
function tree(root: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(join(root, below))) return found;
  for (const name of readdirSync(join(root, below))) {
    const path = join(below, name);
    const stat = lstatSync(join(root, path));
    const mode = stat.mode.toString(8);
    if (stat.isSymbolicLink()) found[path] = `link ${readlinkSync(join(root, path))}`;
    else if (stat.isDirectory()) Object.assign(found, { [path]: `folder ${mode}` }, tree(root, path));
    else
      found[path] = `${mode} ${createHash("sha256")
        .update(readFileSync(join(root, path)))
        .digest("hex")}`;
  }
  return found;
}

/** The processes whose working directory or environment lies in a directory; only Linux can tell. */
function processesIn(root: string): string[] {
  const pids = existsSync("/proc/self/environ") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids.filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(root) || readFileSync(`/proc/${pid}/environ`).includes(root);
    } catch {
      return false;
    }
  });
}

function write(root: string, files: Record<string, string>) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** A small bundle around the real installer: the same files in the same places, without dependencies. */
function makeClone(clone: string, version = "0.1.0") {
  mkdirSync(join(clone, "scripts"), { recursive: true });
  for (const path of ["install.sh", "scripts/install.mjs", "scripts/install", "scripts/sources.mjs"]) {
    cpSync(join(REPO, path), join(clone, path), { recursive: true });
  }
  for (const name of ["permission-rules.mjs", "edit-settings.mjs"])
    cpSync(join(REPO, "src/claude", name), join(clone, "src/claude", name));
  const root = { name: "ask-codex", version };
  write(clone, {
    "SKILL.md": SKILL,
    "package.json": JSON.stringify({ ...root, type: "module" }),
    "package-lock.json": JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages: { "": root } }),
    "tsconfig.json": "{}",
    LICENSE: "MIT",
    "references/modes.md": "modes",
    "src/core/words.ts": "export const words = 1;",
    "scripts/ask_codex.mjs": `console.log("${version}");`,
    "scripts/build.mjs": `import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist", { recursive: true });
writeFileSync("dist/ask_codex.mjs", "built");`,
    "scripts/.env": "KEY=secret",
    ".env": "KEY=secret",
    "test/a.test.ts": "test",
    "bench/b.ts": "bench",
  });
}

/** A directory of its own for one test, with spaces and quotes in its path, and a PATH that has only what we put there. */
function sandbox() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "ask-codex 'install' \"test\" ")));
  const [bin, home, clone] = [join(root, "bin"), join(root, "home"), join(root, "the clone")];
  onTestFinished(() => {
    const left = processesIn(root);
    rmSync(root, { recursive: true, force: true });
    expect(left).toEqual([]);
  });
  for (const folder of [bin, home, join(root, "tmp")]) mkdirSync(folder);
  for (const name of TOOLS) {
    const path = whereIs(name);
    if (path !== undefined) symlinkSync(path, join(bin, name));
  }
  makeClone(clone);
  const env: Env = { PATH: bin, HOME: home, TMPDIR: join(root, "tmp"), npm_config_cache: join(root, "cache") };
  const skills = join(home, ".claude", "skills");
  return {
    root,
    bin,
    home,
    clone,
    env,
    skills,
    target: join(skills, "ask-codex"),
    lock: join(skills, ".ask-codex-install.lock"),
    start: (args: string[] = [], more: Env = {}) =>
      run({ command: join(clone, "install.sh"), args, cwd: root, env: { ...env, ...more } }),
    install: (args: string[] = [], more: Env = {}) =>
      run({ command: join(clone, "install.sh"), args, cwd: root, env: { ...env, ...more } }).ended,
    program: (name: string, script: string) => {
      rmSync(join(bin, name), { force: true });
      writeFileSync(join(bin, name), `${script}\n`);
      chmodSync(join(bin, name), 0o755);
    },
  };
}

type Sandbox = ReturnType<typeof sandbox>;

/** Starts an install whose npm says that it has been reached and then waits: a moment to do something else in. */
async function startAndPause(box: Sandbox) {
  const [reached, go] = [join(box.root, "reached"), join(box.root, "go")];
  box.program(
    "npm",
    `#!/usr/bin/env node
const fs = require("node:fs");
fs.writeFileSync("partial", "");
fs.writeFileSync(${JSON.stringify(reached)}, "");
setInterval(() => fs.existsSync(${JSON.stringify(go)}) && process.exit(0), 10);`,
  );
  const install = box.start();
  await until(() => existsSync(reached) || install.child.exitCode !== null);
  expect(install.child.exitCode).toBeNull();
  return { ...install, letGo: () => writeFileSync(go, "") };
}

async function until(holds: () => boolean) {
  while (!holds()) await sleep(10);
}

/** A git repository made of a bundle, with one commit. */
function makeRepository(box: Sandbox, version: string) {
  const path = join(box.root, "the repository");
  makeClone(path, version);
  return { path, git: commit(box, path, "first") };
}

function commit(box: Sandbox, path: string, message: string) {
  const env = {
    ...box.env,
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b.c",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b.c",
  };
  const git = (...args: string[]) => {
    const done = spawnSync("git", args, { cwd: path, env, encoding: "utf8" });
    expect(done.stderr + done.status).toMatch(/0$/);
    return done.stdout.trim();
  };
  git("init", "--quiet", "-b", "main");
  git("add", "-A");
  git("commit", "--quiet", "-m", message);
  return git;
}

/** What `curl … | sh -s -- ARGS` does, without the curl. */
function pipeToShell(
  box: Sandbox,
  env: Env,
  args: string[] = [],
  script = readFileSync(join(REPO, "install.sh"), "utf8"),
) {
  const more = args.length === 0 ? [] : ["-s", "--", ...args];
  return run({ command: join(box.bin, "sh"), args: more, cwd: box.root, env: { ...box.env, ...env }, input: script })
    .ended;
}

const oneSentence = /^ask-codex: [^\n]+\.\n$/;
const lineCount = (text: string) => text.trimEnd().split("\n").length;
const onPosix = process.platform !== "win32";

describe.runIf(onPosix)("install.sh", { timeout: 120_000 }, () => {
  describe("copies the bundle", () => {
    it("into a fresh place, with what a run needs and nothing else", async () => {
      const box = sandbox();
      const { code, out, err } = await box.install();
      expect({ code, err }).toEqual({ code: 0, err: "installing the dependencies (npm ci) …\nbuilding …\n" });
      expect(out).toContain(`installed ask-codex 0.1.0 in ${box.target}\n`);
      expect(out).toContain("/ask-codex <task>");
      expect(lineCount(out)).toBeLessThanOrEqual(6);
      expect(lineCount(out)).toBeGreaterThanOrEqual(3);
      expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
      const top = [".ask-codex-install.json", "LICENSE", "SKILL.md", "dist", "package-lock.json", "package.json"];
      expect(readdirSync(box.target).sort()).toEqual([...top, "references", "scripts", "src", "tsconfig.json"]);
      expect(readdirSync(join(box.target, "scripts")).sort()).toEqual([
        "ask_codex.mjs",
        "build.mjs",
        "install",
        "install.mjs",
        "sources.mjs",
      ]);
      const direct = /node (".*"|\S+) "/.exec(out)?.[1] ?? "";
      const called = spawnSync("sh", ["-c", `node ${direct} --version`], { encoding: "utf8", env: box.env });
      expect(called.stdout).toBe("0.1.0\n");
    });

    it("to the place the environment names", async () => {
      const box = sandbox();
      const [skills, config] = [join(box.root, "my skills"), join(box.root, "my config")];
      const all = { CLAUDE_SKILLS_DIR: skills, CLAUDE_CONFIG_DIR: config };
      expect((await box.install([], all)).code).toBe(0);
      expect(readdirSync(skills)).toEqual(["ask-codex"]);
      expect(existsSync(config) || existsSync(box.skills)).toBe(false);
      expect((await box.install([], { CLAUDE_CONFIG_DIR: config })).code).toBe(0);
      expect(readdirSync(join(config, "skills"))).toEqual(["ask-codex"]);
      expect(existsSync(box.skills)).toBe(false);
      expect((await box.install([], { CLAUDE_SKILLS_DIR: "", CLAUDE_CONFIG_DIR: "" })).code).toBe(0);
      expect(existsSync(box.target)).toBe(true);
    });

    it("without HOME only where another variable names the place", async () => {
      const box = sandbox();
      const refused = await box.install([], { HOME: undefined });
      expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(refused.err).toContain("HOME is not set");
      const there = join(box.root, "there");
      expect((await box.install([], { HOME: undefined, CLAUDE_SKILLS_DIR: there })).code).toBe(0);
      expect(readdirSync(there)).toEqual(["ask-codex"]);
    });

    it("twice to the same tree", async () => {
      const box = sandbox();
      await box.install();
      const before = tree(box.skills);
      const again = await box.install();
      expect(again).toMatchObject({ code: 0, out: expect.stringContaining("installed ask-codex 0.1.0 again in") });
      expect(tree(box.skills)).toEqual(before);
    });

    it("without a word with --quiet", async () => {
      const box = sandbox();
      expect(await box.install(["--quiet"])).toEqual({ code: 0, out: "", err: "" });
      expect(existsSync(join(box.target, "SKILL.md"))).toBe(true);
    });

    it("and says what is missing for work: Codex and git, but only then", async () => {
      const box = sandbox();
      rmSync(join(box.bin, "git"));
      const bare = await box.install();
      expect(bare.code).toBe(0);
      expect(bare.out).toContain("npm install -g @openai/codex, then codex login\n");
      expect(bare.out).toMatch(/\ngit is not on PATH/);
      expect((await box.install([], { ASK_CODEX_BIN: "/opt/codex" })).out).not.toContain("@openai/codex");
      box.program("codex", "#!/bin/sh\n");
      expect((await box.install()).out).not.toContain("@openai/codex");
    });

    it("nowhere when the bundle lies at the target itself", async () => {
      const box = sandbox();
      makeClone(box.target);
      mkdirSync(join(box.target, ".git"));
      const done = await run({ command: join(box.target, "install.sh"), args: [], cwd: box.root, env: box.env }).ended;
      expect(done).toMatchObject({ code: 0, out: expect.stringContaining("where it lies") });
      expect(existsSync(join(box.target, "dist", "ask_codex.mjs"))).toBe(true);
      expect(existsSync(join(box.target, "test", "a.test.ts"))).toBe(true);
    });
  });

  describe("updates in place", () => {
    it("keeps what the user added, removes what the bundle no longer has", async () => {
      const box = sandbox();
      await box.install();
      write(box.target, { "local.md": "mine", "references/mine.md": "mine", "private/a/key": "mine" });
      chmodSync(join(box.target, "private"), 0o700);
      symlinkSync("../elsewhere", join(box.target, "shortcut"));
      mkdirSync(join(box.target, "empty"));
      makeClone(box.clone, "0.2.0");
      rmSync(join(box.clone, "references"), { recursive: true });
      write(box.clone, { "examples/new.md": "new" });
      const { code, out } = await box.install();
      expect(code).toBe(0);
      expect(out).toContain(`updated 0.1.0 -> 0.2.0 in ${box.target}\n`);
      expect(out).toContain("kept your files: empty, local.md, private/a/key, references/mine.md, shortcut\n");
      const after = tree(box.target);
      expect(Object.keys(after)).not.toContain("references/modes.md");
      expect(Object.keys(after)).toEqual(expect.arrayContaining(["references/mine.md", "examples/new.md", "empty"]));
      expect(after).toMatchObject({ private: "folder 40700", shortcut: "link ../elsewhere" });
      expect(readFileSync(join(box.target, "private/a/key"), "utf8")).toBe("mine");
      expect(readFileSync(join(box.target, "scripts/ask_codex.mjs"), "utf8")).toContain("0.2.0");
      expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
    });

    it("keeps an edited bundle file, and a file whose name the bundle now needs, beside the new one", async () => {
      const box = sandbox();
      await box.install();
      write(box.target, { "SKILL.md": `${SKILL}My line.\n`, "CHANGELOG.md": "mine", assets: "mine" });
      write(box.clone, { "CHANGELOG.md": "theirs", "assets/a.txt": "theirs" });
      const { code, out } = await box.install();
      expect(code).toBe(0);
      expect(out).toContain("SKILL.md as SKILL.md.edited");
      expect(readFileSync(join(box.target, "SKILL.md"), "utf8")).toBe(SKILL);
      expect(readFileSync(join(box.target, "SKILL.md.edited"), "utf8")).toContain("My line.");
      expect(readFileSync(join(box.target, "CHANGELOG.md.edited"), "utf8")).toBe("mine");
      expect(readFileSync(join(box.target, "assets.edited"), "utf8")).toBe("mine");
      const before = tree(box.skills);
      expect((await box.install()).code).toBe(0);
      expect(tree(box.skills)).toEqual(before);
    });

    it("takes over a copy of the skill that came without the installer, and keeps what the bundle doesn't have", async () => {
      const box = sandbox();
      write(box.target, { "SKILL.md": SKILL.replace("ask-codex", '"ask-codex"'), "local.md": "mine" });
      expect((await box.install()).code).toBe(0);
      expect(readFileSync(join(box.target, "local.md"), "utf8")).toBe("mine");
      expect(readFileSync(join(box.target, "SKILL.md"), "utf8")).toBe(SKILL);
      expect(existsSync(join(box.target, "SKILL.md.edited"))).toBe(false);
    });
  });

  describe("refuses", () => {
    const foreign: Record<string, (box: Sandbox) => void> = {
      "a directory of somebody else": (box) => write(box.target, { "notes.md": "mine" }),
      "another skill": (box) => write(box.target, { "SKILL.md": "---\nname: other\n---\nname: ask-codex\n" }),
      "a file": (box) => write(box.skills, { "ask-codex": "mine" }),
      "a link to something else": (box) => {
        write(box.root, { "elsewhere/notes.md": "mine" });
        mkdirSync(box.skills, { recursive: true });
        symlinkSync(join(box.root, "elsewhere"), box.target);
      },
      "a clone of its own": (box) => write(box.target, { "SKILL.md": SKILL, ".git/HEAD": "ref" }),
      "a list of files that leads out of the directory": (box) => {
        const files = ["../../../keep.md"];
        write(box.home, { "keep.md": "mine" });
        write(box.target, { ".ask-codex-install.json": JSON.stringify({ version: 1, bundle: "0.1.0", files }) });
      },
    };

    it.each(Object.keys(foreign))("to touch %s", async (name) => {
      const box = sandbox();
      foreign[name]?.(box);
      const before = tree(box.root);
      for (const args of [[], ["--link"], ["--uninstall"], ["--dry-run"]]) {
        const done = await box.install([...args, "--quiet"]);
        expect(done).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
        expect(done.err).toContain(box.target);
        expect(tree(box.root)).toEqual(before);
      }
    });

    it.each([[["--bogus"]], [["--link=yes"]], [["-x"]], [["here"]], [["--link", "--uninstall"]]])(
      "the command line %j with exit code 64",
      async (args) => {
        const box = sandbox();
        const before = tree(box.root);
        expect(await box.install(args)).toMatchObject({ code: 64, out: "", err: expect.stringMatching(oneSentence) });
        expect(tree(box.root)).toEqual(before);
      },
    );

    it.each(["v18.0.0", "v20.18.3", "v9.9.9", "something"])("a Node that says it is %s", async (version) => {
      const box = sandbox();
      box.program("node", `#!/bin/sh\n[ "$*" = --version ] && echo ${version} || echo started`);
      const done = await box.install();
      expect(done).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(done.err).toContain(version);
      expect(done.err).toContain("install Node.js 20.19 or newer");
    });

    it("to go on without Node", async () => {
      const box = sandbox();
      rmSync(join(box.bin, "node"));
      const done = await box.install();
      expect(done).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(done.err).toContain("Node.js is not on PATH");
    });

    it("to go on without npm", async () => {
      const box = sandbox();
      rmSync(join(box.bin, "npm"));
      const done = await box.install(["--quiet"]);
      expect(done).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(existsSync(join(box.home, ".claude"))).toBe(false);
    });
  });

  describe("leaves the old installation byte for byte", () => {
    /** Spoils the clone and gives the environment in which the next install fails. */
    const faults: Record<string, (box: Sandbox) => Promise<Env> | Env> = {
      "npm can't reach its registry": async (box) => {
        const address = `http://127.0.0.1:${await closedPort()}/`;
        const [name, entry] = [
          "left-out",
          { version: "1.0.0", resolved: `${address}left-out.tgz`, integrity: "sha512-AA==" },
        ];
        const root = { name: "ask-codex", version: "0.2.0", dependencies: { [name]: "1.0.0" } };
        const packages = { "": root, [`node_modules/${name}`]: entry };
        write(box.clone, {
          "package.json": JSON.stringify({ ...root, type: "module" }),
          "package-lock.json": JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages }),
        });
        return { npm_config_registry: address, npm_config_fetch_retries: "0" };
      },
      "package.json and the lock file don't fit": (box) => {
        write(box.clone, {
          "package.json": '{"name":"ask-codex","version":"0.2.0","dependencies":{"left-out":"1.0.0"}}',
        });
        return {};
      },
      "the build fails": (box) => {
        write(box.clone, { "scripts/build.mjs": 'throw new Error("no such entry");' });
        return {};
      },
      "the result doesn't start": (box) => {
        write(box.clone, { "scripts/ask_codex.mjs": "process.exit(3);" });
        return {};
      },
    };

    it.each(Object.keys(faults))("when %s", async (name) => {
      const box = sandbox();
      const env = (await faults[name]?.(box)) ?? {};
      const fresh = await box.install(["--quiet"], env);
      expect(fresh).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(existsSync(join(box.home, ".claude"))).toBe(false);
      rmSync(box.clone, { recursive: true });
      makeClone(box.clone);
      await box.install();
      write(box.target, { "local.md": "mine" });
      const before = tree(box.skills);
      await faults[name]?.(box);
      const update = await box.install(["--quiet"], env);
      expect(update).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(tree(box.skills)).toEqual(before);
    });

    it("when it is stopped, and ends what it started", async () => {
      const box = sandbox();
      await box.install();
      const before = tree(box.skills);
      const install = await startAndPause(box);
      install.child.kill("SIGTERM");
      const { code, err } = await install.ended;
      expect(code).toBe(130);
      expect(err).toContain("stopped by SIGTERM; nothing was changed");
      expect(tree(box.skills)).toEqual(before);
    });

    it("when a part of the path is a file", async () => {
      const box = sandbox();
      write(box.home, { ".claude": "a file" });
      const done = await box.install(["--quiet"]);
      expect(done).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(done.err).toContain(join(box.home, ".claude"));
    });

    it("when a part of the path leads nowhere", async () => {
      const box = sandbox();
      mkdirSync(join(box.home, ".claude"));
      symlinkSync(join(box.root, "gone"), box.skills);
      const before = tree(box.root);
      const places = [
        {},
        { CLAUDE_SKILLS_DIR: join(box.skills, "deeper") },
        { CLAUDE_SKILLS_DIR: "/proc/nowhere/deeper" },
      ];
      for (const env of process.platform === "linux" ? places : places.slice(0, 2)) {
        const done = await box.install(["--quiet"], env);
        expect(done).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
        expect(tree(box.root)).toEqual(before);
      }
    });

    it.runIf(canMount())("when the disk is full or read-only", async () => {
      const box = sandbox();
      mkdirSync(box.skills, { recursive: true });
      // A private mount, gone with the process; $1 is the skills directory, $2 the installer.
      const script = `set -e
        mount -t tmpfs -o size=2m tmpfs "$1"; cd "$1"; "$2" --quiet
        list() { find . -type f ! -name fill -exec cksum {} + | sort; }
        before=$(list); head -c 4194304 /dev/zero > fill 2>"$TMPDIR/full" || true
        rc=0; "$2" --quiet || rc=$?; echo "full $rc"; [ "$before" = "$(list)" ] && echo same; ls -A
        rm fill; mount -o remount,ro tmpfs "$1"
        rc=0; "$2" --quiet || rc=$?; echo "read-only $rc"; [ "$before" = "$(list)" ] && echo same`;
      const args = ["-rm", "sh", "-c", script, "sh", box.skills, join(box.clone, "install.sh")];
      const env = { ...box.env, PATH: `${box.bin}${delimiter}${process.env.PATH}` };
      const { out, err } = await run({ command: "unshare", args, cwd: box.root, env }).ended;
      expect(out).toBe("full 1\nsame\nask-codex\nfill\nread-only 1\nsame\n");
      expect(err).toMatch(/^ask-codex: .*no room is left.*\.\nask-codex: .*file system is read-only.*\.\n$/);
      expect(err).toContain(box.skills);
    });
  });

  describe("with --link", () => {
    it("links to the clone, again without harm, and a copy replaces the link and not the clone", async () => {
      const box = sandbox();
      const clone = tree(box.clone);
      for (const _ of ["first", "again"]) {
        expect((await box.install(["--link"])).code).toBe(0);
        expect(readlinkSync(box.target)).toBe(box.clone);
        expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
      }
      expect(readFileSync(join(box.target, "dist/ask_codex.mjs"), "utf8")).toBe("built");
      expect((await box.install()).out).toContain("instead of a link to");
      expect(lstatSync(box.target).isDirectory()).toBe(true);
      expect(tree(box.clone)).toMatchObject(clone);
      expect((await box.install(["--link"])).code).toBe(0);
      expect(readlinkSync(box.target)).toBe(box.clone);
    });

    it("runs npm in the clone only where node_modules is missing", async () => {
      const box = sandbox();
      box.program("npm", '#!/bin/sh\necho "$*" >> "$TMPDIR/npm"\nmkdir node_modules');
      expect((await box.install(["--link"])).code).toBe(0);
      expect((await box.install(["--link"])).code).toBe(0);
      expect(readFileSync(join(box.root, "tmp/npm"), "utf8")).toBe(
        "ci --omit=dev --ignore-scripts --no-audit --no-fund\n",
      );
    });

    it("replaces a link whose clone is gone, and leaves everything when the build fails", async () => {
      const box = sandbox();
      mkdirSync(box.skills, { recursive: true });
      symlinkSync(join(box.root, "gone"), box.target);
      write(box.clone, { "scripts/build.mjs": "process.exit(1);" });
      expect((await box.install(["--link"])).code).toBe(1);
      expect(readlinkSync(box.target)).toBe(join(box.root, "gone"));
      makeClone(box.clone);
      expect((await box.install(["--link"])).code).toBe(0);
      expect(readlinkSync(box.target)).toBe(box.clone);
    });

    it("does not take away the user's files", async () => {
      const box = sandbox();
      await box.install();
      write(box.target, { "local.md": "mine" });
      const before = tree(box.skills);
      const done = await box.install(["--link", "--quiet"]);
      expect(done).toMatchObject({ code: 1, err: expect.stringMatching(oneSentence) });
      expect(done.err).toContain("local.md");
      expect(tree(box.skills)).toEqual(before);
    });
  });

  describe("with --uninstall", () => {
    it("removes what it installed, and the directories that are empty then", async () => {
      const box = sandbox();
      await box.install();
      write(box.target, { "node_modules/a/index.js": "a" });
      const state = join(box.home, ".local/state/ask-codex");
      write(state, { "workspaces/w/result.json": "{}" });
      const { code, out } = await box.install(["--uninstall"]);
      expect(code).toBe(0);
      expect(out).toContain(`removed ask-codex 0.1.0 from ${box.target}\n`);
      expect(out).toContain(`records of runs stay in ${state}`);
      expect(readdirSync(box.skills)).toEqual([]);
      expect(readFileSync(join(state, "workspaces/w/result.json"), "utf8")).toBe("{}");
    });

    it("leaves and names the user's files, and follows no link out of the directory", async () => {
      const box = sandbox();
      await box.install();
      write(box.target, { "local.md": "mine", "src/mine.ts": "mine" });
      rmSync(join(box.target, "references"), { recursive: true });
      write(box.root, { "elsewhere/modes.md": "mine" });
      symlinkSync(join(box.root, "elsewhere"), join(box.target, "references"));
      const { code, out } = await box.install(["--uninstall"]);
      expect(code).toBe(0);
      expect(out).toContain(`kept your files in ${box.target}: local.md, references, src/mine.ts\n`);
      expect(Object.keys(tree(box.target)).sort()).toEqual(["local.md", "references", "src", "src/mine.ts"]);
      expect(readFileSync(join(box.root, "elsewhere/modes.md"), "utf8")).toBe("mine");
    });

    it("removes a link and not the clone", async () => {
      const box = sandbox();
      await box.install(["--link"]);
      const clone = tree(box.clone);
      expect((await box.install(["--uninstall"])).code).toBe(0);
      expect(readdirSync(box.skills)).toEqual([]);
      expect(tree(box.clone)).toEqual(clone);
    });

    it("has nothing to do where nothing is installed, and says where records lie", async () => {
      const box = sandbox();
      const before = tree(box.root);
      const plain = await box.install(["--uninstall"], { XDG_STATE_HOME: join(box.root, "state") });
      expect(plain).toMatchObject({ code: 0, err: "", out: expect.stringContaining("is not installed") });
      expect(plain.out).toContain(join(box.root, "state", "ask-codex"));
      const named = await box.install(["--uninstall"], {
        ASK_CODEX_HOME: join(box.root, "records"),
        XDG_STATE_HOME: "x",
      });
      expect(named.out).toContain(`records of runs stay in ${join(box.root, "records")};`);
      expect(tree(box.root)).toEqual(before);
    });
  });

  describe("as curl … | sh", () => {
    it("installs from ASK_CODEX_REPO, not from the current directory, and leaves no clone behind", async () => {
      const box = sandbox();
      const { path } = makeRepository(box, "0.3.0");
      makeClone(box.root, "9.9.9");
      const done = await pipeToShell(box, { ASK_CODEX_REPO: path });
      expect(done).toMatchObject({ code: 0, out: expect.stringContaining("installed ask-codex 0.3.0") });
      expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
      expect(existsSync(join(box.target, ".git"))).toBe(false);
      expect(readdirSync(join(box.root, "tmp"))).toEqual([]);
      const gone = await pipeToShell(box, { ASK_CODEX_REPO: path }, ["--uninstall", "--quiet"]);
      expect(gone).toEqual({ code: 0, out: "", err: "" });
      expect(readdirSync(box.skills)).toEqual([]);
    });

    it("takes a tag, a branch or a commit, and a path relative to the current directory", async () => {
      const box = sandbox();
      const { path, git } = makeRepository(box, "0.1.0");
      const first = git("rev-parse", "HEAD");
      git("tag", "v1");
      git("checkout", "--quiet", "-b", "next");
      makeClone(path, "0.2.0");
      commit(box, path, "second");
      git("checkout", "--quiet", "main");
      for (const [ref, version] of [
        ["next", "0.2.0"],
        ["v1", "0.1.0"],
        [first, "0.1.0"],
      ]) {
        const done = await pipeToShell(box, { ASK_CODEX_REPO: "the repository", ASK_CODEX_REF: ref }, ["--version"]);
        expect(done).toEqual({ code: 0, out: `ask-codex ${version}\n`, err: "" });
      }
      for (const [ref, code] of [
        ["missing", 1],
        ["--quiet", 64],
      ] as const) {
        const done = await pipeToShell(box, { ASK_CODEX_REPO: path, ASK_CODEX_REF: ref });
        expect(done).toMatchObject({ code, out: "", err: expect.stringMatching(oneSentence) });
        expect(done.err).toContain(ref);
      }
      expect(readdirSync(join(box.root, "tmp"))).toEqual([]);
      expect(existsSync(box.skills)).toBe(false);
    });

    it("passes options and exit codes on, and refuses a link to a clone that goes away", async () => {
      const box = sandbox();
      const { path } = makeRepository(box, "0.1.0");
      for (const option of ["--link", "--bogus"]) {
        const done = await pipeToShell(box, { ASK_CODEX_REPO: path }, [option]);
        expect(done).toMatchObject({ code: 64, out: "", err: expect.stringMatching(oneSentence) });
      }
      expect(readdirSync(join(box.root, "tmp"))).toEqual([]);
      expect(existsSync(box.skills)).toBe(false);
    });

    it("says in a sentence that the repository or git is not there", async () => {
      const box = sandbox();
      const missing = await pipeToShell(box, { ASK_CODEX_REPO: join(box.root, "nowhere") });
      expect(missing).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(missing.err).toContain("does not exist");
      const other = join(box.root, "other");
      write(other, { "README.md": "something else" });
      commit(box, other, "first");
      const wrong = await pipeToShell(box, { ASK_CODEX_REPO: other });
      expect(wrong).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      rmSync(join(box.bin, "git"));
      const gitless = await pipeToShell(box, { ASK_CODEX_REPO: other });
      expect(gitless).toMatchObject({ code: 1, out: "", err: expect.stringMatching(oneSentence) });
      expect(gitless.err).toContain("git is not on PATH");
      expect(readdirSync(join(box.root, "tmp"))).toEqual([]);
    });

    it("runs nothing of a download that was cut short, wherever that was", () => {
      const box = sandbox();
      for (const name of ["node", "git", "mktemp"]) box.program(name, '#!/bin/sh\n: > "$TMPDIR/started"');
      const script = readFileSync(join(REPO, "install.sh"), "utf8").trimEnd();
      const lines = [...script.matchAll(/\n/g)].map((match) => match.index + 1);
      const lastOnes = Array.from({ length: 40 }, (_, index) => script.length - 1 - index);
      const sh = (input: string) => spawnSync(join(box.bin, "sh"), { env: box.env, cwd: box.root, input });
      for (const end of [...lines, ...lastOnes]) {
        sh(script.slice(0, end));
        expect({ end, left: readdirSync(join(box.root, "tmp")) }).toEqual({ end, left: [] });
      }
      sh(script);
      expect(readdirSync(join(box.root, "tmp"))).toEqual(["started"]);
    });
  });

  describe("with --dry-run", () => {
    it("says what it would do and changes nothing", async () => {
      const box = sandbox();
      const before = tree(box.root);
      const fresh = await box.install(["--dry-run"]);
      expect(fresh).toMatchObject({
        code: 0,
        err: "",
        out: expect.stringContaining("would have installed ask-codex 0.1.0"),
      });
      expect((await box.install(["--dry-run", "--link"])).out).toContain(`would link ${box.target} to ${box.clone}`);
      expect((await box.install(["--dry-run", "--uninstall"])).out).toContain("is not installed");
      expect(tree(box.root)).toEqual(before);
      await box.install();
      write(box.target, { "local.md": "mine" });
      makeClone(box.clone, "0.2.0");
      rmSync(join(box.clone, "references"), { recursive: true });
      const installed = tree(box.root);
      const { out } = await box.install(["--dry-run"]);
      expect(out).toContain("would have updated 0.1.0 -> 0.2.0");
      expect(out).toContain("would have kept your files: local.md\n");
      expect(out).toContain("would remove what the bundle no longer has: references/modes.md\n");
      expect((await box.install(["--dry-run", "--uninstall"])).out).toContain("would have removed ask-codex 0.1.0");
      expect(tree(box.root)).toEqual(installed);
    });
  });

  describe("one at a time", () => {
    it("refuses a second install while the first is running, with exit code 75", async () => {
      const box = sandbox();
      const first = await startAndPause(box);
      const before = tree(box.skills);
      for (const args of [[], ["--link"], ["--uninstall"]]) {
        const second = await box.install([...args, "--quiet"]);
        expect(second).toMatchObject({ code: 75, out: "", err: expect.stringMatching(oneSentence) });
        expect(second.err).toContain(`process ${first.child.pid} holds`);
      }
      expect(tree(box.skills)).toEqual(before);
      first.letGo();
      expect((await first.ended).code).toBe(0);
      expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
    });

    it("takes over from an install that was killed", async () => {
      const box = sandbox();
      const first = await startAndPause(box);
      first.child.kill("SIGKILL");
      await first.ended;
      first.letGo();
      await until(() => processesIn(box.root).length === 0);
      expect(readdirSync(box.skills)).toEqual([".ask-codex-install.lock"]);
      box.program("npm", "#!/bin/sh\n");
      expect((await box.install()).code).toBe(0);
      expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
      expect(existsSync(join(box.target, "partial"))).toBe(false);
    });

    it.each([[["--quiet"]], [["--uninstall", "--quiet"]]])(
      "brings back, before %j, what an install killed between its two renames had put aside",
      async (args) => {
        const box = sandbox();
        await box.install();
        write(box.target, { "local.md": "mine" });
        const dead = spawnSync("sh", ["-c", "echo $$"], { encoding: "utf8" }).stdout.trim();
        write(box.lock, { "owner.json": JSON.stringify({ version: 1, pid: Number(dead), started: null }) });
        write(`${box.lock}.${dead}`, { "owner.json": "{}" });
        renameSync(box.target, join(box.lock, "old"));
        expect(await box.install(args)).toEqual({ code: 0, out: "", err: "" });
        expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
        expect(readFileSync(join(box.target, "local.md"), "utf8")).toBe("mine");
        expect(existsSync(join(box.target, "SKILL.md"))).toBe(!args.includes("--uninstall"));
      },
    );

    it("lets one of many through when they all find the lock of a dead owner", async () => {
      const box = sandbox();
      const first = await startAndPause(box);
      first.child.kill("SIGKILL");
      await first.ended;
      const many = Array.from({ length: 6 }, () => box.start(["--quiet"]));
      await until(() => many.filter(({ child }) => child.exitCode === null).length <= 1);
      first.letGo();
      const codes = (await Promise.all(many.map(({ ended }) => ended))).map(({ code }) => code);
      expect(codes.sort()).toEqual([0, 75, 75, 75, 75, 75]);
      expect(readdirSync(box.skills)).toEqual(["ask-codex"]);
    });

    it("does not take a living process with the dead owner's number for the owner", async () => {
      const box = sandbox();
      const owner = (started: string | null) => ({
        "owner.json": JSON.stringify({ version: 1, pid: process.pid, started }),
      });
      write(box.lock, owner(null));
      expect((await box.install()).code).toBe(75);
      write(box.lock, owner("1"));
      expect((await box.install()).code).toBe(existsSync("/proc/self/stat") ? 0 : 75);
    });
  });

  describe("with --hooks", () => {
    it("brings the hooks, which a copy does without otherwise, and an update keeps what was chosen", async () => {
      const box = sandbox();
      write(box.clone, { "hooks/hooks.json": "{}" });
      const hooks = join(box.target, "hooks");
      for (const [args, there] of [
        [[], false],
        [["--hooks"], true],
        [[], true],
        [["--no-hooks"], false],
        [[], false],
      ] as const) {
        expect(await box.install([...args, "--quiet"])).toEqual({ code: 0, out: "", err: "" });
        expect(existsSync(hooks), args.join()).toBe(there);
      }
    });

    it("is refused where it would do nothing", async () => {
      const box = sandbox();
      makeClone(box.target);
      const install = join(box.target, "install.sh");
      const before = tree(box.root);
      const inPlace = await run({ command: install, args: ["--hooks"], cwd: box.root, env: box.env }).ended;
      expect(inPlace).toMatchObject({ code: 64, out: "", err: expect.stringMatching(oneSentence) });
      expect(inPlace.err).toContain("is a copy without hooks");
      write(box.target, { "hooks/hooks.json": "{}" });
      const withHooks = await run({ command: install, args: ["--hooks"], cwd: box.root, env: box.env }).ended;
      expect(withHooks).toMatchObject({ code: 64, out: "", err: expect.stringContaining("leave them out") });
      rmSync(join(box.target, "hooks"), { recursive: true });
      for (const other of ["--link", "--uninstall", "--revoke", "--no-hooks"])
        expect(await box.install(["--hooks", other])).toMatchObject({
          code: 64,
          err: expect.stringMatching(oneSentence),
        });
      expect(tree(box.root)).toEqual(before);
    });
  });

  describe("with --grant", () => {
    const SETTINGS =
      '{\r\n\t"model": "opus",\r\n\t"permissions": {"deny": ["Bash(node *)"],\r\n\t\t"allow": ["Bash(ls)"] }}';

    /** A sandbox whose installed copy finds the package that edits settings, as npm would have brought it. */
    function granting() {
      const box = sandbox();
      const config = join(box.home, ".claude");
      const modules = join(box.root, "modules");
      mkdirSync(config);
      cpSync(join(REPO, "node_modules", "jsonc-parser"), join(modules, "jsonc-parser"), { recursive: true });
      const copy = `require("node:fs").cpSync(${JSON.stringify(modules)}, "node_modules", { recursive: true });`;
      box.program("npm", `#!/usr/bin/env node\n${copy}`);
      return { ...box, config, settings: join(config, "settings.json") };
    }

    it("shows the rules, adds them and nothing else, and --revoke gives back every byte", async () => {
      const box = granting();
      writeFileSync(join(box.root, "elsewhere.json"), SETTINGS, { mode: 0o640 });
      symlinkSync(join(box.root, "elsewhere.json"), box.settings);
      const first = await box.install(["--grant"]);
      expect(first.code, first.err).toBe(0);
      const rules = permissionRules(box.target, "skill");
      for (const rule of rules) expect(first.out).toContain(`\n  ${rule}\n`);
      expect(first.out).toContain("has Bash(node *) in permissions.deny, which wins");
      const granted = readFileSync(box.settings, "utf8");
      expect(JSON.parse(granted).permissions).toEqual({ deny: ["Bash(node *)"], allow: ["Bash(ls)", ...rules] });
      const again = await box.install(["--grant"]);
      expect(again.out).toContain(`all ${rules.length} permission rules stand in`);
      expect(readFileSync(box.settings, "utf8")).toBe(granted);
      expect((await box.install(["--revoke"])).out).toContain(`revoked ${rules.length} permission rules`);
      expect(readFileSync(box.settings, "utf8")).toBe(SETTINGS);
      expect((await box.install(["--revoke"])).out).toContain("no permission rule of ask-codex");
      expect(lstatSync(box.settings).isSymbolicLink()).toBe(true);
      expect((lstatSync(join(box.root, "elsewhere.json")).mode & 0o777).toString(8)).toBe("640");
      expect(readdirSync(box.config).sort()).toEqual(["settings.json", "skills"]);
    });

    it("takes what it allowed back with --uninstall, in the user's settings and the project's", async () => {
      const box = granting();
      const project = join(box.root, ".claude", "settings.local.json");
      expect((await box.install(["--grant", "--quiet"])).err).toBe("");
      const inProject = await box.install(["--grant", "--project"]);
      expect(inProject).toMatchObject({ code: 0, out: expect.stringContaining("; --revoke --project takes them out") });
      const shown = await box.install(["--uninstall", "--dry-run"]);
      expect(shown.out).toContain(`would revoke the permission rules in ${project}`);
      const gone = await box.install(["--uninstall"]);
      expect(gone.out.match(/^revoked \d+ permission rules in .+$/gm)).toHaveLength(2);
      for (const file of [box.settings, project])
        expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ permissions: { allow: [] } });
    });

    it("changes nothing with --dry-run", async () => {
      const box = granting();
      writeFileSync(box.settings, SETTINGS);
      const before = tree(box.root);
      const shown = await box.install(["--grant", "--dry-run"]);
      expect(shown).toMatchObject({
        code: 0,
        err: "",
        out: expect.stringContaining(`would allow in ${box.settings}:`),
      });
      expect(tree(box.root)).toEqual(before);
    });

    it.each([
      ["comments", "{ // mine\n}"],
      ["half of it", '{"permissions":'],
      ["a list that is none", '{"permissions":{"allow":{}}}'],
    ])("leaves settings alone that it does not understand (%s), and prints the rules", async (_, text) => {
      const box = granting();
      writeFileSync(box.settings, text);
      const done = await box.install(["--grant"]);
      expect(done.code).toBe(1);
      expect(done.err).toContain(`${box.settings} was left as it is, because it is not plain JSON`);
      for (const rule of permissionRules(box.target, "skill")) expect(done.err).toContain(JSON.stringify(rule));
      expect(readFileSync(box.settings, "utf8")).toBe(text);
      expect(existsSync(join(box.target, "SKILL.md"))).toBe(true);
    });

    it("says so where the settings are a directory, and where the package that edits them is not there", async () => {
      const box = granting();
      mkdirSync(box.settings);
      const folder = await box.install(["--grant", "--quiet"]);
      expect(folder).toMatchObject({ code: 1, out: "", err: expect.stringContaining("it can't be read (EISDIR") });
      rmSync(box.settings, { recursive: true });
      box.program("npm", "#!/bin/sh\n");
      const bare = await box.install(["--grant"]);
      expect(bare).toMatchObject({ code: 1, err: expect.stringContaining("packages that edit it are not installed") });
      expect(existsSync(box.settings)).toBe(false);
    });

    it.each([
      [["--grant", "--revoke"]],
      [["--grant", "--uninstall"]],
      [["--revoke", "--link"]],
      [["--project"]],
      [["--plugin"]],
    ])("%j is no command", async (args) => {
      const box = sandbox();
      const before = tree(box.root);
      expect(await box.install(args)).toMatchObject({ code: 64, out: "", err: expect.stringMatching(oneSentence) });
      expect(tree(box.root)).toEqual(before);
    });
  });

  it("prints its help and its version without installing", async () => {
    const box = sandbox();
    const before = tree(box.root);
    const help = await box.install(["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    for (const word of ["--link", "--uninstall", "--dry-run", "--quiet", "--version", "ASK_CODEX_REPO", "Examples:"]) {
      expect(help.out).toContain(word);
    }
    expect(await box.install(["--version"])).toEqual({ code: 0, out: "ask-codex 0.1.0\n", err: "" });
    expect(tree(box.root)).toEqual(before);
  });

  it.runIf(isCommitted())("installs the real bundle from a clone of this repository", { timeout: 600_000 }, () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "ask-codex real ")));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const [clone, skills] = [join(root, "clone"), join(root, "skills")];
    const call = (command: string, ...args: string[]) => {
      const env = { ...process.env, CLAUDE_SKILLS_DIR: skills, ASK_CODEX_HOME: join(root, "records") };
      const done = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
      expect(done).toMatchObject({ status: 0 });
      return done.stdout;
    };
    call("git", "clone", "--quiet", REPO, clone);
    const { version } = JSON.parse(readFileSync(join(clone, "package.json"), "utf8"));
    expect(call(join(clone, "install.sh"))).toContain(`installed ask-codex ${version}`);
    const target = join(skills, "ask-codex");
    expect(existsSync(join(target, "node_modules", "zod"))).toBe(true);
    expect(existsSync(join(target, "node_modules", "vitest"))).toBe(false);
    expect(existsSync(join(target, "test"))).toBe(false);
    if (existsSync(join(clone, "scripts/ask_codex.mjs"))) {
      expect(call("node", join(target, "scripts/ask_codex.mjs"), "--version")).toContain(version);
    }
    // What V8 compiled differs from one compilation to the next; that it is there again is all that can be the same.
    const compared = () =>
      Object.entries(tree(target)).map(([path, what]) => [path, path.endsWith(".cjs.cache") ? "compiled" : what]);
    const before = compared();
    expect(call(join(clone, "install.sh"))).toContain("again");
    expect(compared()).toEqual(before);
    call(join(clone, "install.sh"), "--uninstall");
    expect(readdirSync(skills)).toEqual([]);
  });
});

describe("install.ps1", () => {
  const [sh, ps1] = ["install.sh", "install.ps1"].map((name) => readFileSync(join(REPO, name), "utf8"));
  const numbers = (text: string | undefined, names: [string, string]) =>
    names.map((name) => new RegExp(`^\\$?${name} ?= ?(\\d+)`, "m").exec(text ?? "")?.[1]).join(".");

  it("calls the script that install.sh calls, from the same repository, with the same variables", () => {
    for (const word of ["scripts/install.mjs", "ASK_CODEX_REPO", "ASK_CODEX_REF", "ASK_CODEX_TEMPORARY_CLONE"]) {
      expect(sh).toContain(word);
      expect(ps1).toContain(word);
    }
    const address = (text: string | undefined) => /https:\S+\.git/.exec(text ?? "")?.[0];
    expect(address(ps1)).toBe(address(sh));
  });

  it("asks for the Node that install.sh and package.json ask for", () => {
    const { engines } = JSON.parse(readFileSync(join(REPO, "package.json"), "utf8"));
    expect(numbers(ps1, ["NodeMajor", "NodeMinor"])).toBe("20.19");
    expect(numbers(sh, ["NODE_MAJOR", "NODE_MINOR"])).toBe("20.19");
    expect(engines.node).toContain("20.19");
  });

  it("is plain ASCII, which is what Windows PowerShell reads without a mark at the start", () => {
    expect(ps1).toMatch(/^[\n -~]+$/);
  });
});

describe("npm on Windows", () => {
  const args = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];

  it("is started as JavaScript where npm's own is found, else by one fixed line, never with a path in a shell", () => {
    const box = sandbox();
    box.program("npm.cmd", "");
    const env = { PATH: box.bin };
    expect(npmCi(env, "win32")).toEqual({ file: `npm.cmd ${args.join(" ")}`, args: [], shell: true });
    const script = join(box.bin, "node_modules", "npm", "bin", "npm-cli.js");
    write(box.bin, { "node_modules/npm/bin/npm-cli.js": "" });
    expect(npmCi(env, "win32")).toEqual({ file: process.execPath, args: [script, ...args] });
  });
});

/** A port that nobody listens on: it was ours a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Whether this system lets us mount in a namespace of our own (Linux, mostly), to fill a disk without harm. */
function canMount(): boolean {
  return spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", tmpdir()]).status === 0;
}

/** Whether the repository has a committed bundle that can be cloned. */
function isCommitted(): boolean {
  const needed = ["SKILL.md", "package-lock.json", "install.sh", "scripts/install.mjs"];
  const has = (path: string) => spawnSync("git", ["-C", REPO, "cat-file", "-e", `HEAD:${path}`]).status === 0;
  return needed.every((path) => existsSync(join(REPO, path)) && has(path));
}
