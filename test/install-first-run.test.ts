import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { copySources } from "./kit/claude-code.ts";
import { ROOT, until } from "./kit/lab.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const LIMIT_MS = 180_000;

/** The bare sources at a path with a space, and an npm that brings the packages of this clone as links. */
function bareSkill() {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "ask-codex first-")));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const [root, bin, log] = [join(dir, "a skill"), join(dir, "bin"), join(dir, "npm.log")];
  mkdirSync(bin);
  copySources(root);
  symlinkSync(process.execPath, join(bin, "node"));
  const npm = (body: string) => {
    writeFileSync(join(bin, "npm"), `#!/usr/bin/env node\nconst fs = require("node:fs");\n${body}\n`);
    chmodSync(join(bin, "npm"), 0o755);
  };
  const bring = `
    fs.appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(" ") + "\\n");
    fs.mkdirSync("node_modules");
    const from = ${JSON.stringify(join(ROOT, "node_modules"))};
    for (const name of fs.readdirSync(from)) fs.symlinkSync(from + "/" + name, "node_modules/" + name);`;
  npm(bring);
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: dir, ASK_CODEX_HOME: join(dir, "state") };
  const start = (more: Record<string, string> = {}, args = ["--version"]) => {
    const child = spawn(process.execPath, [join(root, "scripts", "ask_codex.mjs"), ...args], {
      cwd: dir,
      env: { ...env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told = { out: "", err: "" };
    child.stdout.on("data", (data) => (told.out += data));
    child.stderr.on("data", (data) => (told.err += data));
    const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
      child.on("close", (code) => resolve({ code, ...told })),
    );
    return { child, ended };
  };
  const calls = () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []);
  return { dir, root, npm, bring, bin, start, calls };
}

const SAID = /^ask-codex: first call in .+: fetching its packages \(npm ci\) and building it, once …\n$/;

test("the first call fetches the packages, builds and answers; the second has nothing to do", {
  timeout: LIMIT_MS,
}, async () => {
  const { root, start, calls } = bareSkill();
  const first = await start().ended;
  expect(first).toEqual({ code: 0, out: `ask_codex ${version}\n`, err: expect.stringMatching(SAID) });
  expect(calls()).toEqual(["ci --omit=dev --ignore-scripts --no-audit --no-fund"]);
  expect(await start().ended).toEqual({ code: 0, out: `ask_codex ${version}\n`, err: "" });
  expect(readdirSync(root).filter((name) => name.startsWith(".") && name !== ".claude-plugin")).toEqual([]);
});

test("of fifty first calls at once one sets up and all answer", { timeout: LIMIT_MS }, async () => {
  const { start, calls } = bareSkill();
  const all = await Promise.all(Array.from({ length: 50 }, () => start().ended));
  expect(all.map(({ code, out }) => `${code} ${out}`)).toEqual(all.map(() => `0 ask_codex ${version}\n`));
  expect(all.filter(({ err }) => err !== "")).toEqual([expect.objectContaining({ err: expect.stringMatching(SAID) })]);
  expect(calls()).toHaveLength(1);
});

test("what a killed call left is made anew", { timeout: LIMIT_MS }, async () => {
  const { dir, root, npm, bring, start } = bareSkill();
  const [reached, go] = [join(dir, "reached"), join(dir, "go")];
  npm(`
    fs.mkdirSync("node_modules");
    fs.writeFileSync("node_modules/half", "");
    fs.writeFileSync(${JSON.stringify(reached)}, String(process.pid));
    setInterval(() => fs.existsSync(${JSON.stringify(go)}) && process.exit(0), 10);`);
  const killed = start();
  await until(() => existsSync(reached) && readFileSync(reached, "utf8") !== "");
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(existsSync(join(root, "node_modules"))).toBe(false);
  writeFileSync(go, "");
  npm(bring);
  expect(await start().ended).toMatchObject({ code: 0, out: `ask_codex ${version}\n` });
  expect(existsSync(join(root, "node_modules", "half"))).toBe(false);
  expect(readdirSync(root).filter((name) => name.includes("lock"))).toEqual(["package-lock.json"]);
});

test("Ctrl-C ends a set-up and what it started", { timeout: LIMIT_MS }, async () => {
  const { dir, root, npm, start } = bareSkill();
  const reached = join(dir, "reached");
  npm(`fs.writeFileSync(${JSON.stringify(reached)}, String(process.pid)); setInterval(() => {}, 1000);`);
  const stopped = start();
  await until(() => existsSync(reached) && readFileSync(reached, "utf8") !== "");
  const pid = Number(readFileSync(reached, "utf8"));
  stopped.child.kill("SIGINT");
  expect((await stopped.ended).code).toBe(130);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(readdirSync(root)).not.toContain("node_modules");
});

test("files that changed since are built anew, without npm", { timeout: LIMIT_MS }, async () => {
  const { root, start, calls } = bareSkill();
  await start().ended;
  utimesSync(join(root, "src", "core", "ids.ts"), 1, 1);
  const again = await start().ended;
  expect(again).toMatchObject({ code: 0, out: `ask_codex ${version}\n` });
  expect(again.err).toMatch(/^ask-codex: the bundle in .+ building it, once …\n$/);
  writeFileSync(join(root, "package-lock.json"), `${readFileSync(join(root, "package-lock.json"), "utf8")}\n`);
  utimesSync(join(root, "src", "core", "ids.ts"), 2, 2);
  expect((await start().ended).err).toMatch(SAID);
  expect(calls()).toHaveLength(2);
});

test.each([
  [
    "npm fails",
    { body: 'console.error("npm error code ENOTFOUND"); process.exit(1);' },
    {},
    /npm ci ended with exit code 1 \(code ENOTFOUND\)/,
  ],
  ["there is no npm", { body: "" }, {}, /npm is not on PATH/],
  ["it is switched off", {}, { ASK_CODEX_NO_SETUP: "1" }, /ASK_CODEX_NO_SETUP is set/],
  ["it runs inside Codex", {}, { CODEX_SANDBOX: "seatbelt" }, /this runs inside Codex/],
])(
  "where %s: exit 3, the reason and the command",
  { timeout: LIMIT_MS },
  async (_, fault: { body?: string }, env, why) => {
    const { root, bin, npm, start } = bareSkill();
    if (fault.body === "") rmSync(join(bin, "npm"));
    else if (fault.body) npm(fault.body);
    const path: Record<string, string> = fault.body === "" ? { PATH: bin } : {};
    const { code, out, err } = await start({ ...path, ...env }).ended;
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toMatch(why);
    expect(err).toContain(`the packages of ask-codex are not installed in ${root}`);
    expect(err).toMatch(/\n {2}hint: run: npm --prefix '.+' ci --omit=dev\n$/);
    expect(readdirSync(root).filter((name) => name.includes("install.lock") || name === "node_modules")).toEqual([]);
  },
);

test("a folder that can't be written says so, and --json gets its one object", { timeout: LIMIT_MS }, async () => {
  const { root, start } = bareSkill();
  // Root may write anywhere, but nobody can make a folder where a file is.
  writeFileSync(join(root, `.ask-codex-install.lock`), "");
  const { code, out } = await start({}, ["--json", "--version"]).ended;
  expect(code).toBe(3);
  expect(JSON.parse(out)).toMatchObject({
    verdict: "fatal",
    exit_code: 3,
    reason: expect.stringContaining("set itself up"),
  });
});
