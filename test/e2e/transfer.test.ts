import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inClaudeCode } from "../kit/claude-code.ts";
import { type Called, codexBinary, inLab, type Lab } from "../kit/lab.ts";
import { broker } from "../kit/live.ts";
import { makeScript } from "../kit/refusal.ts";
import { call, claude, linesOf, putTranscript, result, SESSION, user } from "../kit/transcript.ts";

const KEY = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
const GOAL = "Go on with it; the tests must pass.";
const FROM = { env: { CLAUDE_CODE_SESSION_ID: SESSION } };

const talk = (cwd: string) =>
  linesOf(cwd, [
    user("Please make the login faster. PURPLE-ELEPHANT"),
    claude(`I looked at login.ts; the token is ${KEY}.`),
    call("t1", "Bash", { command: "npm test -- login", description: "Run the tests" }),
    result("t1", "3 passed, 1 failed: slow"),
    call("t2", "Edit", { file_path: `${cwd}/login.ts`, old_string: "a", new_string: "b" }),
    result("t2", "The file has been updated."),
    claude("The cache is in. GREEN-GIRAFFE"),
    user("Hand it over to Codex."),
    // The very call that hands it over has no result yet.
    call("t3", "Bash", { command: "node codex_broker.mjs start --from-claude" }),
  ]);

const start = (lab: Lab, ...args: string[]): Promise<Called> =>
  lab.call("codex_broker", ["start", "--from-claude", ...args], FROM);

/** All that the model was sent in the last request. */
const lastInput = (lab: Lab): string => JSON.stringify(lab.model.requests.at(-1)?.body.input);

const filesBelow = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: "utf8" }).toSorted() : [];
const textBelow = (dir: string): string =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

test("the session that calls becomes a thread that knows what was said, without its secrets, and can be resumed", () =>
  inLab({}, async (lab) => {
    const transcript = putTranscript(lab, talk(lab.workspace));
    const claudeFiles = filesBelow(join(lab.dir, "home", ".claude"));
    const before = {
      text: readFileSync(transcript, "utf8"),
      config: readFileSync(join(lab.codexHome, "config.toml"), "utf8"),
    };
    // What lies beside it may not come along.
    writeFileSync(join(lab.dir, "home", ".claude", "CLAUDE.md"), "# RED-RABBIT\n");
    writeFileSync(join(lab.dir, "home", ".claude", "settings.json"), '{"env":{"FOO":"bar"}}');
    const skill = join(lab.dir, "home", ".claude", "skills", "red-rabbit");
    mkdirSync(skill, { recursive: true });
    writeFileSync(join(skill, "SKILL.md"), "---\nname: red-rabbit\ndescription: red\n---\nRED-RABBIT\n");

    const { code, lines, stderr } = await start(lab, GOAL);
    expect(code, stderr).toBe(0);
    expect(lines.imported).toBe("messages:8 left_out:0 redacted:1 way:import");
    expect(lines.session_id).toMatch(/^[0-9a-f-]{36}$/);
    const id = lines.broker_id ?? "";
    expect((await broker(lab, "wait", id)).code).toBe(0);
    const first = lastInput(lab);
    for (const words of ["PURPLE-ELEPHANT", "GREEN-GIRAFFE", "npm test -- login", "3 passed, 1 failed", GOAL])
      expect(first).toContain(words);
    expect(first).toContain("[redacted:");
    expect(first).toContain("a session of Claude Code's that you go on with");
    expect(first).not.toMatch(/ask_caller|RED-RABBIT|start --from-claude/);

    // Power as a new session has it, pinned from here on.
    expect(lab.receipt(lines.run_id ?? "").power.write).toBe("workspace");
    expect((await broker(lab, "stop", id)).code).toBe(0);
    expect((await broker(lab, "resume", id, "And now the docs; the tests must pass.")).code).toBe(0);
    expect((await broker(lab, "wait", id)).code).toBe(0);
    expect(lastInput(lab)).toContain("PURPLE-ELEPHANT");
    expect(lastInput(lab).split("a session of Claude Code's that you go on with")).toHaveLength(2);
    expect((await broker(lab, "stop", id)).code).toBe(0);

    expect(textBelow(lab.codexHome)).not.toContain(KEY);
    expect(textBelow(lab.home)).not.toContain(KEY);
    expect(textBelow(lab.codexHome)).not.toContain("RED-RABBIT");
    expect(readFileSync(join(lab.codexHome, "config.toml"), "utf8")).toBe(before.config);
    expect(readdirSync(lab.codexHome)).not.toContain("AGENTS.md");
    expect(filesBelow(join(lab.codexHome, "skills")).filter((name) => !name.startsWith(".system"))).toEqual([]);
    expect(readFileSync(transcript, "utf8")).toBe(before.text);
    expect(claudeFiles).toContain("projects");
    expect(filesBelow(join(lab.home, "tmp")).filter((name) => name.includes("import"))).toEqual([]);
  }));

test("without a goal the thread waits for the first message, with the power of the call", () =>
  inLab({}, async (lab) => {
    const path = putTranscript(lab, talk(lab.workspace));
    const { code, lines, stderr } = await start(lab, path, "--read-only", "--name", "taken over");
    expect(code, stderr).toBe(0);
    expect(stderr).toBe("");
    expect(lines).toMatchObject({ status: "waiting_input", session_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(lines).not.toHaveProperty("run_id");
    expect(lines.next).toMatch(/send b-\S+ "…"$/);
    expect(lab.model.requests).toEqual([]);
    for (const verb of ["status", "summary"]) expect((await broker(lab, verb, "taken over")).code).toBe(0);
    expect((await broker(lab, "list")).stdout).toContain("taken over");
    const more = await broker(lab, "send", "taken over", "--role", "writer", GOAL);
    expect([more.code, more.stderr]).toEqual([64, expect.stringContaining("keeps what it was started with")]);
    const sent = await broker(lab, "send", "taken over", "--wait", GOAL);
    expect(sent.code, sent.stdout + sent.stderr).toBe(0);
    expect(lastInput(lab)).toContain("PURPLE-ELEPHANT");
    expect(lastInput(lab)).toContain("# Role: scout");
    expect((await broker(lab, "stop", "taken over")).code).toBe(0);
  }));

test.each([
  [
    "the engine exec",
    [] as string[],
    (lab: Lab) => start(lab, "--engine", "exec", GOAL),
    "the engine exec has no import",
  ],
  ["a Codex without the import", [], withOldCodex, "it knows no import of sessions"],
])("%s: a digest is read instead", (_, __, act, why) =>
  inLab({}, async (lab) => {
    putTranscript(lab, talk(lab.workspace));
    // That Codex's sandbox lets it be read is part of it.
    lab.model.script([{ run: "cat .ask-codex/*-claude.md" }, { say: "Read.\n\nStatus: done" }]);
    const { code, lines, stderr } = await act(lab);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`warning: Codex can't take the session as a thread: ${why}`);
    expect(lines.imported).toBe("messages:8 left_out:0 redacted:1 way:digest");
    const id = lines.broker_id ?? "";
    expect((await broker(lab, "wait", id)).code).toBe(0);
    const path = join(lab.workspace, ".ask-codex", `${id}-claude.md`);
    expect(lastInput(lab)).toContain(`Read what was said and done in it first: ${path}`);
    expect(lastInput(lab)).toContain("GREEN-GIRAFFE");
    expect(lab.receipt(lines.run_id ?? "").files_changed).toEqual([]);
    const digest = readFileSync(path, "utf8");
    expect(digest).toContain("PURPLE-ELEPHANT");
    expect(digest).toContain(`## Files edited\n\n- ${lab.workspace}/login.ts\n`);
    expect(digest).toContain("## Commands run\n\n- npm test -- login\n");
    expect(digest).not.toContain(KEY);
    expect((await broker(lab, "stop", id)).code).toBe(0);
  }),
);

/** The real Codex, but the request goes under a name that no version knows. */
function withOldCodex(lab: Lab): Promise<Called> {
  const old = makeScript(
    lab,
    "old-codex",
    `exec ${process.execPath} -e '
const { spawn } = require("node:child_process");
const child = spawn(${JSON.stringify(codexBinary())}, process.argv.slice(1), { stdio: ["pipe", "inherit", "inherit"] });
process.stdin.on("data", (data) => child.stdin.write(String(data).replaceAll("externalAgentConfig/import", "externalAgentConfig/unknown")));
process.stdin.on("end", () => child.stdin.end());
child.on("exit", (code) => process.exit(code ?? 1));
' -- "$@"`,
  );
  return lab.call("codex_broker", ["start", "--from-claude", GOAL], { env: { ...FROM.env, ASK_CODEX_BIN: old } });
}

test("a long session is cut at its beginning, and says so", () =>
  inLab({}, async (lab) => {
    const turns = Array.from({ length: 60 }, (_, at) => [
      user(`question ${at} ${"x".repeat(5_000)}`),
      claude(`answer ${at} ${"y".repeat(5_000)}`),
    ]);
    putTranscript(lab, linesOf(lab.workspace, turns.flat()));
    const { lines, stderr } = await start(lab, GOAL);
    const [, kept, left] = /^messages:(\d+) left_out:(\d+) redacted:0 way:import$/.exec(lines.imported ?? "") ?? [];
    expect(Number(kept) + Number(left), stderr).toBe(120);
    expect(Number(left)).toBeGreaterThan(20);
    expect((await broker(lab, "wait", lines.broker_id ?? "")).code).toBe(0);
    expect(lastInput(lab)).toContain(
      `[The first ${left} messages of this conversation were left out: it was too long.]`,
    );
    expect(lastInput(lab)).toContain("answer 59 ");
    expect(lastInput(lab)).not.toContain("answer 0 ");
    expect((await broker(lab, "stop", lines.broker_id ?? "")).code).toBe(0);
  }));

test("two hand-overs of one session are two threads, and one key is one session", () =>
  inLab({}, async (lab) => {
    putTranscript(lab, talk(lab.workspace));
    const [one, two] = [await start(lab, "--key", "k"), await start(lab)];
    expect(one.lines.session_id).not.toBe(two.lines.session_id);
    const again = await start(lab, "--key", "k");
    expect(again.lines).toMatchObject({
      broker_id: one.lines.broker_id,
      session_id: one.lines.session_id,
      started: "false",
    });
    for (const { lines } of [one, two]) expect((await broker(lab, "stop", lines.broker_id ?? "")).code).toBe(0);
  }));

test("bad input is one sentence, and nothing is written", () =>
  inLab({}, async (lab) => {
    const good = putTranscript(lab, talk(lab.workspace));
    const other = putTranscript(lab, talk("/somewhere/else"), "1b7e7f0a-52a1-4c3e-9d53-6f1f3a3f8a11");
    const empty = join(lab.dir, "empty.jsonl");
    const prose = join(lab.dir, "prose.jsonl");
    const closed = join(lab.dir, "closed.jsonl");
    writeFileSync(empty, "");
    writeFileSync(prose, "This is\nno JSON.\n");
    writeFileSync(closed, "");
    const cases: [args: string[], why: string][] = [
      [["--from-claude=", GOAL], "CLAUDE_CODE_SESSION_ID is not set"],
      [[`--from-claude=${join(lab.dir, "none.jsonl")}`, GOAL], "can't be read: it does not exist"],
      [[`--from-claude=${lab.dir}`, GOAL], "is not a file"],
      [[`--from-claude=${empty}`, GOAL], "is no transcript of Claude Code"],
      [[`--from-claude=${prose}`, GOAL], "is no transcript of Claude Code"],
      [[`--from-claude=2${SESSION.slice(1)}`, GOAL], "there is no transcript of the session"],
      [[`--from-claude=${other}`, GOAL], "was about /somewhere/else, and not about"],
      [[`--from-claude=${good}`, "--session", "b-x", GOAL], "--session names another one"],
      [[`--from-claude=${good}`, "--verify", "npm test"], "--verify is for a run, and there is no goal"],
      [["--from-claude", good, GOAL, "more"], "the goal must be one argument"],
    ];
    for (const [args, why] of cases) {
      const { code, stdout, stderr } = await broker(lab, "start", ...args);
      expect([code, stdout], stderr).toEqual([64, ""]);
      expect(stderr).toContain(why);
    }
    expect(existsSync(lab.home)).toBe(false);
    // Another project's session is taken where the caller says where to go on.
    const named = await broker(lab, "start", `--from-claude=${other}`, "-w", lab.workspace);
    expect(named.code, named.stderr).toBe(0);
    expect((await broker(lab, "stop", named.lines.broker_id ?? "")).code).toBe(0);
  }));

test("a session of the real Claude Code hands itself over in its own turn", () =>
  inClaudeCode(
    {
      script: [{ say: "I went on.\n\nStatus: done" }],
      rules: () => ["Bash"],
      moves: [
        { tool: "Bash", input: { command: "echo BLUE-BADGER", description: "say it" } },
        {
          tool: "Bash",
          input: {
            command: `node {{SKILL=(\\S+)}}/scripts/codex_broker.mjs start --from-claude "${GOAL}"`,
            description: "hand over",
          },
        },
        { say: "Codex has it." },
      ],
    },
    async ({ lab, claude: scripted, skill, start: begin }) => {
      const { refused, account } = await begin(`Look around, then hand over. ORANGE-OTTER SKILL=${skill}`).ended;
      expect(refused, account).toEqual([]);
      const told = scripted.results().at(-1)?.text ?? "";
      const id = /^broker_id=(\S+)$/m.exec(told)?.[1] ?? "";
      expect(told).toMatch(/^imported=messages:\d+ left_out:0 redacted:0 way:import$/m);
      expect((await broker(lab, "wait", id)).code, told).toBe(0);
      for (const words of ["ORANGE-OTTER", "BLUE-BADGER", GOAL]) expect(lastInput(lab)).toContain(words);
      expect(lastInput(lab)).not.toContain("codex_broker.mjs start");
      expect((await broker(lab, "stop", id)).code).toBe(0);
    },
  ));
