import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readReceipt, readStatus } from "../../src/run/record.ts";
import { inClaudeCode } from "../kit/claude-code.ts";
import { talk } from "../kit/gated-claude.ts";
import { inLab, type Lab, ROOT, until } from "../kit/lab.ts";

const HOOK = join(ROOT, "scripts", "codex_hook.mjs");
const EVENTS = ["session-start", "user-prompt-submit", "stop", "session-end"];
const SILENCE = { code: 0, signal: null, stdout: "", stderr: "" };
const SAYS = { say: "Made it.\n\nStatus: done" };

const input = (lab: Lab, more: object = {}) =>
  `${JSON.stringify({ session_id: "s-1", prompt_id: "p-1", cwd: lab.workspace, ...more })}\n`;

/** What Claude Code sees of a hook. */
async function call(lab: Lab, event: string, stdin: string, env: NodeJS.ProcessEnv = {}) {
  const { code, signal, stdout, stderr } = await lab.run(process.execPath, [HOOK, event], { stdin, env });
  return { code, signal, stdout, stderr };
}

/** The most that can be there to do: an inbox with an item, and a gate that is on. */
async function withWork(lab: Lab): Promise<string> {
  const claude = { CLAUDE_CODE_SESSION_ID: "s-1", CLAUDE_PID: String(process.pid) };
  const started = await lab.call("ask_codex", ["--background", "make it"], { env: claude });
  const runId = started.lines.run_id ?? "";
  await until(() => readReceipt(lab.recordDir(runId)) !== undefined);
  writeFileSync(join(lab.home, "settings.md"), "---\nreview_gate: on\n---\n");
  return runId;
}

const JUNK: [string, string][] = [
  ["nothing", ""],
  ["junk", "\u0000\u{1f4a9}{[<not json>"],
  ["null", "null"],
  ["a list", "[1,2]"],
  ["no session", '{"cwd":"/"}'],
  ["a session that is no text", '{"session_id":{"a":1}}'],
  ["an endless session", JSON.stringify({ session_id: "s".repeat(100_000) })],
  ["half of it", '{"session_id":"s-1","cwd":'],
  ["5 MB", JSON.stringify({ session_id: "s-1", prompt: "x".repeat(5_000_000) })],
  ["a pipe that stays open", "open"],
];

test(
  "a hook that is called with junk says nothing, and ends well, however much there is to do",
  () =>
    inLab({ script: [SAYS] }, async (lab) => {
      await withWork(lab);
      for (const [what, stdin] of JUNK)
        for (const event of [...EVENTS, "no-such-hook"])
          expect(await call(lab, event, stdin), `${event} with ${what}`).toEqual(SILENCE);
    }),
  120_000,
);

test.each<[string, (lab: Lab) => NodeJS.ProcessEnv]>([
  ["no home", () => ({ HOME: undefined, ASK_CODEX_HOME: undefined })],
  ["a home that is a file", ({ workspace }) => ({ ASK_CODEX_HOME: join(workspace, "README.md") })],
  ["a home that nobody can write", () => ({ ASK_CODEX_HOME: "/proc/ask-codex" })],
  ["a project that is gone", ({ dir }) => ({ CLAUDE_PROJECT_DIR: join(dir, "gone") })],
  ["a hook inside Codex", () => ({ CODEX_THREAD_ID: "t" })],
])("%s: nothing wrong is said, and nobody is blocked", (_, env) =>
  inLab({}, async (lab) => {
    for (const event of EVENTS) expect(await call(lab, event, input(lab), env(lab)), event).toEqual(SILENCE);
  }),
);

test("a gate in a home that nobody can write tells the user that it can't look", () =>
  inLab({}, async (lab) => {
    mkdirSync(join(lab.workspace, ".claude"));
    writeFileSync(join(lab.workspace, ".claude", "ask-codex.local.md"), "---\nreview_gate: on\n---\n");
    const env = { ASK_CODEX_HOME: "/proc/ask-codex" };
    for (const event of ["user-prompt-submit", "stop"]) {
      const { code, stdout } = await call(lab, event, input(lab), env);
      expect(code, event).toBe(0);
      expect(JSON.parse(stdout), event).toEqual({
        systemMessage: expect.stringMatching(/^ask-codex: the (?:review gate|hook)/),
      });
    }
  }));

test("a settings file with a slip in it holds nobody up, and is named", () =>
  inLab({}, async (lab) => {
    mkdirSync(lab.home);
    writeFileSync(join(lab.home, "settings.md"), "---\nreview_gate: maybe\n---\n");
    const { code, stdout } = await call(lab, "stop", input(lab));
    expect(code).toBe(0);
    expect(JSON.parse(stdout).systemMessage).toMatch(
      /settings\.md, line 2: review_gate must be on, off, or keys of it/,
    );
  }));

test("without packages and bundle a hook does nothing, and says so of a gate that is on", () =>
  inLab({ script: [SAYS] }, async (lab) => {
    await withWork(lab);
    const bare = join(lab.dir, "bare skill");
    for (const name of ["scripts", "src", "package.json", "package-lock.json"])
      cpSync(join(ROOT, name), join(bare, name), { recursive: true });
    for (const event of EVENTS) {
      const program = join(bare, "scripts", "codex_hook.mjs");
      const { code, stdout, stderr } = await lab.run(process.execPath, [program, event], { stdin: input(lab) });
      expect([code, stderr], event).toEqual([0, ""]);
      const said = { systemMessage: expect.stringContaining("the review gate did not look at this turn") };
      if (event === "stop") expect(JSON.parse(stdout)).toEqual(said);
      else expect(stdout, event).toBe("");
    }
  }));

test("50 hooks at once with junk end well and leave nothing", () =>
  inLab({}, async (lab) => {
    const calls = Array.from({ length: 50 }, (_, at) => call(lab, EVENTS[at % 4] ?? "", "junk"));
    for (const called of await Promise.all(calls)) expect(called).toEqual(SILENCE);
    expect(await lab.left()).toEqual([]);
  }));

test("of 12 hooks that ask at once one delivers the item, and the end of the turn acknowledges it", () =>
  inLab({ script: [SAYS] }, async (lab) => {
    const runId = await withWork(lab);
    const env = { CLAUDE_PID: String(process.pid) };
    const calls = Array.from({ length: 12 }, () => call(lab, "user-prompt-submit", input(lab), env));
    const told = (await Promise.all(calls)).filter(({ stdout }) => stdout.includes(runId));
    expect(told).toHaveLength(1);
    const { additionalContext: text } = JSON.parse(told[0]?.stdout ?? "").hookSpecificOutput;
    expect(text).toMatch(new RegExp(`^Background runs of Codex have ended or ask:\n\nrun_id=${runId} verdict=done`));
    expect(text.length).toBeLessThan(2_000);
    expect((await call(lab, "session-start", input(lab), env)).stdout).toBe("");
    await call(lab, "stop", input(lab), env);
    expect((await lab.call("codex_runs", ["inbox"])).stdout).toBe("inbox: empty\n");
  }));

test("the end of a session leaves its runs alone, and the start of the next one tells that they go on", () =>
  inLab({ script: [{ hang: true }] }, async (lab) => {
    const started = await lab.call("ask_codex", ["--background", "count the stars"]);
    const runId = started.lines.run_id ?? "";
    await until(() => readStatus(lab.recordDir(runId)).state === "running");
    const ended = await call(lab, "session-end", input(lab, { reason: "other" }));
    const begun = await call(lab, "session-start", input(lab, { session_id: "s-2" }));
    const { state } = readStatus(lab.recordDir(runId));
    await lab.call("codex_runs", ["cancel", runId]);
    expect(state).toBe("running");
    expect(ended).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining(`run_id=${runId}`) });
    const { additionalContext: text } = JSON.parse(begun.stdout).hookSpecificOutput;
    expect(text).toMatch(
      /^Codex goes on in this workspace:\nbroker_id=b-\S+ run_id=r-\S+ (?:queued|running) for \d+ s: count the stars\n/,
    );
    expect(await lab.left()).toEqual([]);
  }));

test("the hooks of the plugin are valid, and quote the path of the plugin", () => {
  const { hooks } = JSON.parse(readFileSync(join(ROOT, "hooks", "hooks.json"), "utf8"));
  expect(Object.keys(hooks)).toEqual(["SessionStart", "UserPromptSubmit", "Stop", "SessionEnd"]);
  const commands = Object.values<{ hooks: { command: string; timeout: number }[] }[]>(hooks).flatMap((groups) =>
    groups.flatMap((group) => group.hooks),
  );
  expect(commands.map(({ command }) => command)).toEqual(
    EVENTS.map((event) => `node "\${CLAUDE_PLUGIN_ROOT}/scripts/codex_hook.mjs" ${event}`),
  );
});

test("the real Claude Code, with the hooks of the plugin and the same in its settings: one delivery, acknowledged by the turn", () => {
  const start = `node "${join(ROOT, "scripts", "ask_codex.mjs")}" --background "make it"`;
  const command = `[ -e "$HOME/begun" ] || { touch "$HOME/begun"; ${start}; }`;
  const moves = [{ tool: "Bash", input: { command, description: "test" } }, { say: "Fin." }];
  return inClaudeCode(
    { script: [SAYS], moves, rules: () => ["Bash"], installed: "plugin-dir", spaced: true },
    async (world) => {
      const { lab, claude } = world;
      const hook = (event: string) => [{ hooks: [{ type: "command", command: `node "${HOOK}" ${event}` }] }];
      const hooks = {
        SessionStart: hook("session-start"),
        UserPromptSubmit: hook("user-prompt-submit"),
        Stop: hook("stop"),
      };
      const settings = ["--settings", JSON.stringify({ hooks })];
      await talk(world, "Let Codex make it.", ...settings);
      const runId = /^run_id=(\S+)$/m.exec(claude.results()[0]?.text ?? "")?.[1] ?? "";
      await until(() => readReceipt(lab.recordDir(runId)) !== undefined);
      await talk(world, "What is new?", ...settings);
      expect(claude.told().split(`run_id=${runId} verdict=done`)).toHaveLength(2);
      expect((await lab.call("codex_runs", ["inbox"])).stdout).toBe("inbox: empty\n");
      expect(await lab.left()).toEqual([]);
    },
  );
}, 120_000);

test("a hook whose reader is gone ends well, and what it had to tell is not acknowledged", () =>
  inLab({ script: [SAYS] }, async (lab) => {
    const runId = await withWork(lab);
    const env = { ...lab.env, CLAUDE_PID: String(process.pid) };
    const child = spawn(process.execPath, [HOOK, "user-prompt-submit"], { cwd: lab.workspace, env, stdio: "pipe" });
    child.stdout.destroy();
    child.stderr.destroy();
    child.stdin.on("error", () => {});
    child.stdin.end(input(lab));
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    await call(lab, "stop", input(lab), env);
    expect((await lab.call("codex_runs", ["inbox"])).stdout).toContain(runId);
  }));
