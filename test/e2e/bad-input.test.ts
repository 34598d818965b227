import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Lab, openLab } from "../kit/lab.ts";
import { askWithStdin, callFromShell, expectJsonError, expectSentence, makeScript, traces } from "../kit/refusal.ts";

let lab: Lab;
let before: ReturnType<typeof traces>;

beforeAll(async () => {
  lab = await openLab({ files: { "README.md": "# a project\n", "src/app.ts": "one\ntwo\nthree\n" } });
  writeFileSync(join(lab.dir, "list.json"), "[1]");
  writeFileSync(join(lab.dir, "string.json"), '"a string"');
  writeFileSync(join(lab.dir, "bad-type.json"), '{"type":"strin"}');
  writeFileSync(join(lab.dir, "bad-ref.json"), '{"$ref":"https://example.invalid/other.json"}');
  writeFileSync(join(lab.dir, "broken.json"), '{\n  "type": "object",\n');
  symlinkSync("loop", join(lab.dir, "loop"));
});
afterAll(() => lab.close());
beforeEach(() => {
  before = traces(lab);
});

const GOAL = "run the tests";

interface Row {
  name: string;
  args: readonly string[];
  says: RegExp;
  hint?: RegExp;
}
const rows = (list: [name: string, args: readonly string[], says: RegExp, hint?: RegExp][]): Row[] =>
  list.map(([name, args, says, hint]) => ({ name, args, says, ...(hint ? { hint } : {}) }));

/** Every refusal: the sentence, the same as JSON, and nothing begun. */
async function expectRefused(script: string, { args, says, hint }: Row): Promise<void> {
  const [plain, json] = await Promise.all([lab.call(script, args), lab.call(script, ["--json", ...args])]);
  expectSentence(plain, { code: 64, says, ...(hint ? { hint } : {}) });
  expectJsonError(json, { code: 64, says });
  expect(before.home).toBeUndefined();
  expect(traces(lab)).toEqual(before);
  expect(lab.processes()).toEqual([]);
}

test.each(
  rows([
    ["an empty goal", [""], /the goal is empty/, /say what is to be done/],
    ["a blank goal", [" \t\n\u00a0\u2003 "], /the goal is empty/, /say what is to be done/],
    ["no goal", [], /there is no goal/, /say what is to be done/],
    ["no goal behind --", ["--"], /there is no goal/, /say what is to be done/],
    ["two goals", ["fix", "it"], /one argument, but there are 2/, /quotes/],
    ["a goal that was not UTF-8", ["fix \uFFFD"], /U\+FFFD/, /stdin/],
  ]),
)("goal: $name is refused", (row) => expectRefused("ask_codex", row));

test.each(
  rows([
    ["an unknown option", ["--frobnicate", GOAL], /there is no option --frobnicate/, /see ask_codex --help/],
    ["an option with a slip", ["--sesion", "x", GOAL], /there is no option --sesion/, /did you mean --session\?/],
    ["the nearest of several", ["--timeot", "5", GOAL], /there is no option --timeot/, /did you mean --timeout\?/],
    ["an unknown letter", ["-z", GOAL], /there is no option -z/, /"--"/],
    ["a goal that looks like one", ["-make it so"], /there is no option -m/, /behind "--"/],
    ["a place in no line", ["--max-parallel", "2", GOAL], /--max-parallel is for --background/, /leave it out/],
    ["an option that would move the cursor", ["--x\u001b[2J\nfoo", GOAL], /there is no option --x/],
    ["a value twice", ["--timeout", "1", "--timeout", "2", GOAL], /--timeout is given twice/, /once/],
    ["a switch twice", ["--quiet", "--quiet", GOAL], /--quiet is given twice/, /once/],
    ["no value at the end", [GOAL, "--timeout"], /--timeout needs a value/, /--help/],
    ["an option as value", ["--timeout", "--quiet", GOAL], /--timeout needs a value/, /--timeout=VALUE/],
    ["a short option without value", [GOAL, "-w"], /--workspace needs a value/, /--help/],
    ["a switch with a value", ["--quiet=yes", GOAL], /--quiet is a switch/, /--help/],
  ]),
)("option: $name is refused", (row) => expectRefused("ask_codex", row));

test.each(
  rows([
    ["a word as timeout", ["--timeout", "soon", GOAL], /--timeout: must be a number of seconds.*"soon"/],
    ["a negative timeout", ["--timeout=-5", GOAL], /--timeout: must be a number of seconds.*"-5"/],
    ["a negative timeout behind a blank", ["--timeout", "-5", GOAL], /--timeout needs a value/, /--timeout=VALUE/],
    ["1e9", ["--timeout", "1e9", GOAL], /--timeout: must be a number of seconds.*"1e9"/],
    ["more than a day", ["--timeout", "1000000000", GOAL], /at most 86400 seconds/],
    ["Infinity", ["--idle-timeout", "Infinity", GOAL], /--idle-timeout: must be a number/],
    ["an empty timeout", ["--timeout", "", GOAL], /--timeout: must be a number.*""/],
    ["hexadecimal", ["--timeout", "0x10", GOAL], /--timeout: must be a number/],
    ["a word as steps", ["--max-steps", "x", GOAL], /--max-steps: must be a whole number.*"x"/],
    ["half a step", ["--max-steps", "1.5", GOAL], /--max-steps: must be a whole number/],
    ["an unknown role", ["--role", "king", GOAL], /no role "king"/, /scout, writer \(or worker\)/],
    ["an unknown engine", ["--engine", "v8", GOAL], /--engine: must be one of app-server, exec/],
    ["an unknown sandbox mode", ["--sandbox", "none", GOAL], /--sandbox: must be one of read-only/],
    ["a model of two words", ["--model", "a b", GOAL], /--model: must be one word/],
    ["a model that is an option", ["--model=--yolo", GOAL], /--model: must be one word/],
    ["reasoning with a line end", ["--reasoning", "low\nhigh", GOAL], /--reasoning: must be one word/],
    ["lines that end before they begin", ["-f", "src/app.ts:3-1", GOAL], /end before they begin/, /PATH:A/],
    ["line 0", ["-f", "src/app.ts:0", GOAL], /0 is not a line number/, /PATH:A/],
    ["no path before the lines", ["-f", ":3", GOAL], /needs a path/, /PATH:A/],
    ["read-only writer", ["--read-only", "--role", "writer", GOAL], /--read-only.*--role says writer/, /one of them/],
    ["read-only with a sandbox that writes", ["--read-only", "--sandbox", "workspace-write", GOAL], /contradict/],
    ["quiet and verbose", ["--quiet", "--verbose", GOAL], /contradict each other/, /one of them/],
    ["a session with an unknown UUID", ["--session", "01a1fc85-0000-7000-8000-00000000beef", GOAL], /no session/],
    ["a session by a name", ["--session", "the login thing", GOAL], /no session.*the login thing/],
    ["a session with a run id", ["--session", "r-20261121-051103-k7qz", GOAL], /no session/, /without --session/],
    ["a session with a broker id", ["--session", "b-20261121-051103-k7qz", GOAL], /no session/],
    ["a session with a path", ["--session", "..", GOAL], /no session, run or broker \.\./],
    ["a session with no id", ["--session", "", GOAL], /--session: must be an id/],
  ]),
)("value: $name is refused", (row) => expectRefused("ask_codex", row));

test.each(
  rows([
    ["a missing workspace", ["-w", "nowhere", GOAL], /can't work in .*nowhere: it does not exist/, /--workspace/],
    ["a file as workspace", ["-w", "README.md", GOAL], /can't work in .*README\.md: it is a file/, /--workspace/],
    ["a workspace below a file", ["-w", "README.md/x", GOAL], /a part of the path is not a directory/, /--workspace/],
    ["a workspace that loops", ["-w", "../loop", GOAL], /can't work in .*loop: /, /--workspace/],
    ["an empty workspace", ["-w", "", GOAL], /--workspace: must be a path/],
    ["a missing schema", ["--schema", "nope.json", GOAL], /nope\.json can't be used: it does not exist/, /JSON Schema/],
    ["a schema that is a directory", ["--schema", ".", GOAL], /can't be used: it is a directory/],
    ["a schema that is not JSON", ["--schema", "README.md", GOAL], /README\.md can't be used: .*not valid JSON/],
    ["a schema that breaks off", ["--schema", "../broken.json", GOAL], /broken\.json can't be used: /],
    ["a list as schema", ["--schema", "../list.json", GOAL], /not a JSON Schema: it must hold a JSON object/],
    ["a string as schema", ["--schema", "../string.json", GOAL], /not a JSON Schema: it must hold a JSON object/],
    ["a schema with an unknown type", ["--schema", "../bad-type.json", GOAL], /not a JSON Schema: .*data\/type/],
    ["a schema that points elsewhere", ["--schema", "../bad-ref.json", GOAL], /not a JSON Schema: .*example\.invalid/],
    ["an output in a missing directory", ["-o", "no/out.md", GOAL], /--output .*: it does not exist/, /exists/],
    ["an output below a file", ["-o", "README.md/out.md", GOAL], /--output .*README\.md is a file/, /exists/],
    ["an output that is a directory", ["-o", "src", GOAL], /--output .*: it is not a file/],
    ["an output that is a device", ["-o", "/dev/null", GOAL], /--output .*: it is not a file/],
  ]),
)("place: $name is refused", (row) => expectRefused("ask_codex", row));

test.each(
  rows([
    ["no verb", [], /there is no verb/, /list, show, .*wait, cancel, resume/],
    ["an unknown verb", ["list-all"], /there is no verb list-all/, /list, show, .*wait, cancel, resume/],
    ["a verb without its id", ["show"], /takes one id/],
    ["two ids", ["show", "a", "b"], /takes one id/],
    ["no id to wait for", ["wait", "--any"], /takes one or more ids/],
    ["one unknown id of two", ["wait", "a", "b"], /no run, session or broker a/],
    ["an unknown id", ["show", "r-20261121-051103-k7qz"], /no run, session or broker/],
    ["a path as id", ["show", "../.."], /no run, session or broker/],
    ["an option of another verb", ["show", "x", "--timeout", "5"], /--timeout is for codex_runs wait/],
  ]),
)("codex_runs: $name is refused", (row) => expectRefused("codex_runs", row));

test("what stands behind -- is the goal, not an option: an error of such a call is no JSON", async () => {
  expectSentence(await lab.call("ask_codex", ["--timeout", "soon", "--", "--json"]), { code: 64, says: /--timeout/ });
});

test("a directory that is gone is no place to work in", async () => {
  const gone = join(lab.dir, "gone");
  mkdirSync(gone);
  const called = await callFromShell(lab, 'rmdir "$PWD" && exec "$@"', "ask_codex", [GOAL], { cwd: gone });
  expectSentence(called, { code: 64, says: /current directory does not exist/, hint: /change into/ });
  expect(existsSync(gone)).toBe(false);
  expect(traces(lab)).toEqual(before);
});

test.each([
  ["NUL", Buffer.from("run\0the tests"), /NUL character/],
  ["bytes that are not UTF-8", Buffer.from([0x72, 0x75, 0x6e, 0x20, 0xc3, 0x28]), /not UTF-8/],
  ["half a surrogate", Buffer.from([0x72, 0xed, 0xa0, 0xbd]), /not UTF-8/],
  ["a character that breaks off", Buffer.from([0x72, 0xf0, 0x9f, 0x98]), /not UTF-8/],
  ["nothing", Buffer.alloc(0), /the goal is empty/],
  ["line ends only", Buffer.from("\n\r\n"), /the goal is empty/],
  ["5 MB", Buffer.alloc(5 * 1024 * 1024, "run the tests "), /more than Codex takes/],
  ["more characters than Codex takes", Buffer.alloc(1_048_577, "run the tests "), /over the 1048576 that Codex takes/],
] as const)("stdin: %s is refused", async (_, bytes, says) => {
  expectSentence(await askWithStdin(lab, bytes, "-"), { code: 64, says });
  expectJsonError(await askWithStdin(lab, bytes, "--json", "-"), { code: 64, says });
  expect(traces(lab)).toEqual(before);
});

const SECRET = `sk-proj-${"aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"}`;

test.each([
  ["in the goal", [`call the API with ${SECRET} and run the tests`], {}],
  ["in a dry run", ["--dry-run", `call the API with ${SECRET} and run the tests`], {}],
  ["on stdin", ["-"], { stdin: `run the tests\nOPENAI_API_KEY=${SECRET}\n` }],
])("a credential %s is refused and repeated nowhere", async (_, args, options) => {
  for (const more of [[], ["--json"]]) {
    const called = await lab.call("ask_codex", [...more, ...args], options);
    expect(called.code).toBe(64);
    expect(called.stderr).toMatch(/credential in it \(openai-key\).*take it out/);
    expect(called.stdout + called.stderr).not.toContain(SECRET.slice(8, 24));
  }
  expect(traces(lab)).toEqual(before);
});

test("a stdin that nobody asked for is never waited on, whether the call is good or bad", async () => {
  const dry = await lab.call("ask_codex", ["--dry-run", GOAL], { stdin: "open" });
  expect(dry.code, dry.stderr).toBe(0);
  expect((await lab.call("ask_codex", ["--timeout", "soon", GOAL], { stdin: "open" })).code).toBe(64);
  expect((await lab.call("ask_codex", [], { stdin: "open" })).code).toBe(64);
  expect((await lab.call("codex_runs", ["show", "nothing"], { stdin: "open" })).code).toBe(64);
  expect(traces(lab)).toEqual(before);
});

// The tests above have shown that nothing is written; the ones below run.

test("a run with stdin left open ends by itself", async () => {
  const called = await lab.call("ask_codex", [GOAL], { stdin: "open" });
  expect(called.code, called.stderr).toBe(0);
});

test("entry files that can't be read are marked in the prompt, and the run goes on", async () => {
  const files = ["src/app.ts:2", "src/app.ts:2-9", "src", "nope.ts", "README.md/x.ts", "../loop", "/dev/zero"];
  const called = await lab.call("ask_codex", [...files.flatMap((file) => ["-f", file]), GOAL]);
  expect(called.code, called.stderr).toBe(0);
  const prompt = lab.model.userTexts().at(-1) ?? "";
  expect(/# Entry files\n([\s\S]*?)\n\n/.exec(prompt)?.[1]?.split("\n")).toEqual([
    "- src/app.ts:2 (of 3 lines)",
    "- src/app.ts:2-9 (the file has only 3 lines)",
    "- src (directory)",
    "- nope.ts (missing)",
    "- README.md/x.ts (missing)",
    `- ${join(lab.dir, "loop")} (unreadable; outside the workspace)`,
    "- /dev/zero (unreadable; outside the workspace)",
    "If a missing one should have been there, say so.",
  ]);
});

test("a session that broke off before its thread is refused by name", async () => {
  const failed = await lab.call("ask_codex", ["--engine", "exec", GOAL], {
    env: { ASK_CODEX_BIN: makeScript(lab, "codex-crashes", "exit 1") },
  });
  expect(failed.code).toBe(3);
  const runId = failed.lines.run_id ?? "";
  const called = await lab.call("ask_codex", ["--session", runId, GOAL]);
  expectSentence(called, { code: 64, says: /never got as far as a thread/, hint: /without --session/ });
});
