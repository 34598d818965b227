import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RUN_MARKER } from "../../src/sys/environment.ts";
import { findByEnvironment } from "../../src/sys/process-table.ts";
import { type Called, codexBinary, type Lab, openLab } from "../kit/lab.ts";
import { expectJsonError, expectSentence, makeScript, traces } from "../kit/refusal.ts";

let lab: Lab;
let before: ReturnType<typeof traces>;

beforeAll(async () => {
  lab = await openLab();
  mkdirSync(join(lab.dir, "bin"));
  symlinkSync("/bin/sh", join(lab.dir, "bin", "sh"));
  symlinkSync("/usr/bin/git", join(lab.dir, "bin", "git"));
  writeFileSync(join(lab.dir, "not-executable"), "#!/bin/sh\n", { mode: 0o644 });
});
afterAll(() => lab.close());
beforeEach(() => {
  before = traces(lab);
});

const GOAL = "run the tests";
/** One lab sees one broken Codex after another, and three are enough for the circuit breaker of its workspace. */
const FORCE = "--force";

test.each([
  ["an empty PATH", { PATH: "", ASK_CODEX_BIN: "" }, /no `codex` on PATH/],
  ["a PATH with git and sh only", { PATH: "bin", ASK_CODEX_BIN: "" }, /no `codex` on PATH/],
  ["a PATH of places that are none", { PATH: "/nowhere::not-executable", ASK_CODEX_BIN: "" }, /no `codex` on PATH/],
  ["ASK_CODEX_BIN to nowhere", { ASK_CODEX_BIN: "nowhere" }, /ASK_CODEX_BIN is .*nowhere, which is not an executable/],
  ["ASK_CODEX_BIN to a directory", { ASK_CODEX_BIN: "bin" }, /ASK_CODEX_BIN is .*bin, which is not an executable/],
  ["ASK_CODEX_BIN to a text file", { ASK_CODEX_BIN: "not-executable" }, /ASK_CODEX_BIN is .*, which is not an exec/],
] as const)("%s: exit 3, one sentence, what to do, and nothing begun", async (_, named, says) => {
  const env = Object.fromEntries(Object.entries(named).map(([name, path]) => [name, path && join(lab.dir, path)]));
  const hint = /npm install -g @openai\/codex.*codex login.*ASK_CODEX_BIN/;
  expectSentence(await lab.call("ask_codex", [GOAL], { env }), { code: 3, says, hint });
  expectJsonError(await lab.call("ask_codex", ["--json", GOAL], { env }), { code: 3, says });
  expect(before.home).toBeUndefined();
  expect(traces(lab)).toEqual(before);
});

/** The end of a run whose Codex could not work: the sentence and what to do, the record, and nothing left behind. */
function expectFatal(called: Called, says: RegExp): void {
  const [, reason = "", next = ""] = /^\[CODEX_COMPLETE\] fatal: (.*)\nnext: (.*)$/m.exec(called.stdout) ?? [];
  expect(called.code, called.stdout + called.stderr).toBe(3);
  expect(reason).toMatch(says);
  expect(next).toMatch(/codex (--version|login)|npm install/);
  const runId = called.lines.run_id ?? "";
  expect(lab.receipt(runId)).toMatchObject({ verdict: "fatal", exit_code: 3, session_id: null, files_changed: [] });
  expect(JSON.parse(readFileSync(join(lab.recordDir(runId), "status.json"), "utf8"))).toMatchObject({ state: "ended" });
  expect(lab.receipt(runId).processes.left).toEqual([]);
  expect(findByEnvironment(RUN_MARKER, runId)).toEqual([]);
  expect(lab.model.requests).toHaveLength(before.requests);
}

const OLD = [
  'case "$1" in',
  "app-server) echo \"error: unrecognized subcommand 'app-server'\" >&2;;",
  "*) echo \"error: unexpected argument '--json' found\" >&2; echo >&2; echo 'Usage: codex exec [OPTIONS]' >&2;;",
  "esac",
  "exit 2",
].join("\n");

/** What a broken installation does, and the words that must come through. */
const BROKEN: [name: string, body: string, viaAppServer: RegExp, viaExec: RegExp][] = [
  ["crashes with a message", "echo 'libssl.so.3: cannot open shared object' >&2\nexit 1", /libssl/, /libssl/],
  ["crashes without a word", "exit 1", /code 1/, /code 1/],
  ["ends at once as if all were well", "exit 0", /code 0/, /code 0/],
  ["is too old", OLD, /unrecognized subcommand/, /does not take our flags.*--json/],
  ["prints garbage", "echo hello world\necho '{\"x\":'\nprintf '\\001\\002\\n{}\\n'", /Codex/, /Codex/],
  ["is killed by its own fault", "kill -SEGV $$", /SIGSEGV/, /SIGSEGV/],
];

// The limit ends what would hang; every one of these must have ended long before.
const ENGINES = [["--timeout=10"], ["--timeout=10", "--engine=app-server"], ["--timeout=10", "--engine=exec"]] as const;

test.each(BROKEN)("a Codex that %s: fatal, with its words", async (name, body, viaAppServer, viaExec) => {
  const env = { ASK_CODEX_BIN: makeScript(lab, `codex-${name.replaceAll(" ", "-")}`, body) };
  for (const flags of ENGINES) {
    before = traces(lab);
    expectFatal(
      await lab.call("ask_codex", [FORCE, ...flags, GOAL], { env }),
      flags.some((flag) => flag.endsWith("app-server")) ? viaAppServer : viaExec,
    );
  }
});

test("a Codex that closes its output and stays, deaf to TERM, is fatal, and not left behind", async () => {
  const body = "trap '' TERM INT\nexec 1>&-\nsleep 300 & wait\nwait";
  const env = { ASK_CODEX_BIN: makeScript(lab, "codex-deaf", body) };
  expectFatal(await lab.call("ask_codex", [FORCE, "--timeout=15", GOAL], { env }), /not done after 10 s/);
});

test("a Codex whose interpreter is missing can't be started", async () => {
  const path = join(lab.dir, "codex-no-interpreter");
  writeFileSync(path, "#!/nowhere/interpreter\n");
  chmodSync(path, 0o755);
  expectFatal(await lab.call("ask_codex", [FORCE, GOAL], { env: { ASK_CODEX_BIN: path } }), /can't be started/);
});

const withoutAppServer = () =>
  makeScript(
    lab,
    "codex-without-app-server",
    [
      '[ "$1" = app-server ] && { echo "error: unrecognized subcommand \'app-server\'" >&2; exit 2; }',
      `exec '${codexBinary()}' "$@"`,
    ].join("\n"),
  );

test("without an app-server the run goes through exec, and says so", async () => {
  const env = { ASK_CODEX_BIN: withoutAppServer() };
  const called = await lab.call("ask_codex", [FORCE, GOAL], { env });
  expect(called.code, called.stderr).toBe(0);
  expect(called.lines.verdict).toBe("done");
  expect(called.stdout).toMatch(/^engine: exec \(app-server could not be used: .*unrecognized subcommand/m);
  expect(lab.model.requests).toHaveLength(before.requests + 1);
  const { engine, session_id: sessionId } = lab.receipt(called.lines.run_id ?? "");
  expect(engine).toMatchObject({ name: "exec", requested: "app-server" });
  expect(engine.reason).toMatch(/unrecognized subcommand 'app-server'/);
  // The session stays with the engine that it was begun with.
  const more = await lab.call("ask_codex", ["--json", "--session", called.lines.run_id ?? "", "go on"], { env });
  expect(JSON.parse(more.stdout)).toMatchObject({
    verdict: "done",
    session_id: sessionId,
    engine: { name: "exec", requested: "exec" },
  });
});

test("a named engine is not replaced by the other: fatal", async () => {
  const args = [FORCE, "--engine", "app-server", GOAL];
  const called = await lab.call("ask_codex", args, { env: { ASK_CODEX_BIN: withoutAppServer() } });
  expectFatal(called, /app-server could not be used: .*unrecognized subcommand/);
});
