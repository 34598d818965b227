import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parsePacketFile } from "../../../src/packet/packet-file.ts";
import { refusalOf } from "./refusal.ts";

const parse = (text: string) => parsePacketFile(text, "p.md");
const withKeys = (keys: string, body = "Do it.") => `---\n${keys}\n---\n${body}`;

const WHOLE = `---
version: 1
role: Worker
workdir: ../shop
files:
  - src/cache.ts:40-95
  - "test/cache.test.ts#L3"
scope:
  - src/cache.ts (MODIFY)
  - "src/**/*.test.ts"
  - \`src/my clock.ts\`
non_goals: [no new dependency, "the shape, of an entry"]
verify:
  - npm test -- cache passes
  - |
    cd web
    npm test
expect_files: src/my clock.ts
deliverable: |
  The change,
  and a list of callers.
context: Entries without a time never expire.
allow_dirty_overlap: yes
plan: docs/plan.md
task_id: unit-3
model: gpt-5.5
reasoning: high
timeout: 1800
idle_timeout: "90.5"
max_steps: 80
verify_timeout: 0
verify_base: true
engine: exec
schema: schemas/a.json
---

# Goal

Make Cache.get drop expired entries.
  Keep this indentation.

---
more
`;

describe("a packet as front matter", () => {
  const draft = {
    role: "writer",
    workspace: "../shop",
    files: [
      { path: "src/cache.ts", from: 40, to: 95 },
      { path: "test/cache.test.ts", from: 3 },
    ],
    scope: ["src/cache.ts", "src/**/*.test.ts", "src/my clock.ts"],
    nonGoals: ["no new dependency", "the shape, of an entry"],
    verify: ["npm test -- cache passes", "cd web\nnpm test"],
    expectFiles: ["src/my clock.ts"],
    deliverable: "The change,\nand a list of callers.",
    context: "Entries without a time never expire.",
    allowDirtyOverlap: true,
    plan: "docs/plan.md",
    taskId: "unit-3",
    model: "gpt-5.5",
    reasoning: "high",
    timeoutS: 1800,
    idleTimeoutS: 90.5,
    maxSteps: 80,
    verifyTimeoutS: 0,
    verifyBase: true,
    engine: "exec",
    schema: "schemas/a.json",
    goal: "# Goal\n\nMake Cache.get drop expired entries.\n  Keep this indentation.\n\n---\nmore",
  };

  it("with every key", async () => {
    const text = WHOLE.replace("  - `src/my clock.ts`", '  - "`src/my clock.ts`"');
    expect(await parse(text)).toStrictEqual(draft);
    expect(await parse(`\uFEFF${text.replaceAll("\n", "\r\n")}`)).toStrictEqual(draft);
  });

  it.each<[string, string, object]>([
    ["only a body", withKeys(""), { goal: "Do it." }],
    ["only comments", withKeys("# nothing"), { goal: "Do it." }],
    ["goal and no body", withKeys("goal: Do it", " \n"), { goal: "Do it" }],
    ["objective and body", withKeys("objective: Do it", "Because."), { goal: "Do it", context: "Because." }],
    ["goal, context and body", withKeys("goal: Do it\ncontext: A."), { goal: "Do it", context: "A.\n\nDo it." }],
    ["context and body", withKeys("context: A."), { goal: "Do it.", context: "A." }],
    ["neither goal nor body", withKeys("model: m", ""), { model: "m" }],
    ["mode", withKeys("mode: SCOUT"), { goal: "Do it.", role: "scout" }],
    ["workspace", withKeys("workspace: ."), { goal: "Do it.", workspace: "." }],
    ["scope none", withKeys("scope: none"), { goal: "Do it.", scope: [] }],
    ["scope Read-Only", withKeys("write_scope: [Read-Only]"), { goal: "Do it.", scope: [] }],
    ["an empty scope", withKeys("scope: []"), { goal: "Do it.", scope: [] }],
    [
      "a scope in one line",
      withKeys("scope: src/a.ts, src/{b,c}.ts (NEW)"),
      { goal: "Do it.", scope: ["src/a.ts", "src/{b,c}.ts"] },
    ],
    [
      "a scope in lines",
      withKeys("scope: |\n  src/a.ts\n  - src/b.ts"),
      { goal: "Do it.", scope: ["src/a.ts", "src/b.ts"] },
    ],
    ["one check", withKeys("verification: npm test"), { goal: "Do it.", verify: ["npm test"] }],
    [
      "checks in lines",
      withKeys("verify: |\n  npm test\n\n  make sure"),
      { goal: "Do it.", verify: ["npm test", "make sure"] },
    ],
    ["no checks", withKeys("verify: none"), { goal: "Do it.", verify: [] }],
    ["no non-goals", withKeys("non_goals: n/a"), { goal: "Do it.", nonGoals: [] }],
    ["a number in quotes", withKeys('max_steps: "7"'), { goal: "Do it.", maxSteps: 7 }],
    ["yaml by name", "---yaml\nmodel: m\n---\nDo it.", { goal: "Do it.", model: "m" }],
    ["blanks behind the delimiters", "---  \nmodel: m\n---\t\nDo it.", { goal: "Do it.", model: "m" }],
    ["keys in quotes", withKeys("\"model\": m\n'role' : scout"), { goal: "Do it.", model: "m", role: "scout" }],
    ["a mapping in braces", withKeys("{model: m, role: scout}"), { goal: "Do it.", model: "m", role: "scout" }],
    ["# in quotes", withKeys('goal: "fix issue #3"', ""), { goal: "fix issue #3" }],
    ["a comment behind a blank", withKeys("goal: fix it # as said", ""), { goal: "fix it" }],
    ["# in a block", withKeys("goal: |\n  fix #3", ""), { goal: "fix #3" }],
    [
      "fields in the body",
      withKeys("role: scout", "MODE: x\nOBJECTIVE: y"),
      { role: "scout", goal: "MODE: x\nOBJECTIVE: y" },
    ],
  ])("%s", async (_name, text, said) => {
    expect(await parse(text)).toStrictEqual(said);
  });
});

describe("what is wrong with a packet as front matter", () => {
  it.each<[string, string, string]>([
    [
      "an unknown key",
      withKeys("model: m\ngaol: x"),
      'p.md, line 3: there is no key "gaol" in a packet → did you mean goal?',
    ],
    [
      "another spelling",
      withKeys("writeScope: x"),
      'p.md, line 2: there is no key "writeScope" in a packet → did you mean write_scope?',
    ],
    [
      "with a dash",
      withKeys("non-goals: x"),
      'p.md, line 2: there is no key "non-goals" in a packet → did you mean non_goals?',
    ],
    [
      "far from all",
      withKeys("priority: 1"),
      'p.md, line 2: there is no key "priority" in a packet → the keys are version, goal',
    ],
    ["what flags have", withKeys("strict: true"), 'p.md, line 2: there is no key "strict" in a packet'],
    [
      "__proto__",
      withKeys("model: m\n__proto__: {role: scout}"),
      'p.md, line 3: there is no key "__proto__" in a packet',
    ],
    ["constructor", withKeys("constructor: x"), 'p.md, line 2: there is no key "constructor" in a packet'],
    [
      "network",
      withKeys("role: scout\nnetwork: true"),
      "p.md, line 3: network gives a run more power, and that is only given on the command line",
    ],
    ["writable", withKeys("writable: [/]"), "p.md, line 2: writable gives a run more power"],
    ["env", withKeys("env: TOKEN"), "p.md, line 2: env gives a run more power"],
    ["sandbox", withKeys("sandbox: danger-full-access"), "p.md, line 2: sandbox gives a run more power"],
    ["no_tmp", withKeys("no_tmp: true"), "p.md, line 2: no_tmp decides about power"],
    ["the version", withKeys("version: 2"), "p.md, line 2: version must be 1"],
    ["the version as text", withKeys("version: '1'"), "p.md, line 2: version must be 1"],
    ["true for text", withKeys("goal: true"), "p.md, line 2: goal must be text; put it in quotes"],
    ["a date for text", withKeys("context: 2026-01-02"), "p.md, line 2: context must be text; put it in quotes"],
    ["an empty value", withKeys("goal:"), "p.md, line 2: goal is empty"],
    ["a blank value", withKeys("goal: '  '"), "p.md, line 2: goal is empty"],
    ["an empty list", withKeys("files:\nmodel: m"), "p.md, line 2: files is empty"],
    ["a list of lists", withKeys("verify:\n  - [npm, test]"), "p.md, line 2: verify must be text or a list of texts"],
    [
      "true as a command",
      withKeys("verify: [true]"),
      "p.md, line 2: verify must be text or a list of texts; put a text that YAML reads as something else in quotes",
    ],
    [
      "a mapping as a command",
      withKeys("model: m\nverify:\n  - run: npm test"),
      "p.md, line 3: verify must be text or a list of texts",
    ],
    ["no model", withKeys("model: two words"), "p.md, line 2: model must be one word"],
    ["an option as a model", withKeys("model: --yolo"), "p.md, line 2: model must be one word"],
    ["seconds", withKeys("timeout: soon"), "p.md, line 2: timeout must be a number of seconds"],
    ["too many seconds", withKeys("timeout: 86401"), "p.md, line 2: timeout must be at most 86400 seconds (a day)"],
    ["negative seconds", withKeys("idle_timeout: -1"), "p.md, line 2: idle_timeout must be a number of seconds"],
    ["not a number", withKeys("timeout: .nan"), "p.md, line 2: timeout must be a number of seconds"],
    ["steps", withKeys("max_steps: 1.5"), "p.md, line 2: max_steps must be a whole number"],
    ["yes or no", withKeys("allow_dirty_overlap: maybe"), "p.md, line 2: allow_dirty_overlap must be yes or no"],
    ["an engine", withKeys("engine: steam"), "p.md, line 2: engine must be one of app-server, exec"],
    ["a task id", withKeys("task_id: ../x"), "p.md, line 2: task_id must be letters, digits"],
    ["a task id that is a number", withKeys("task_id: 2.1"), "p.md, line 2: task_id must be text; put it in quotes"],
    ["a role", withKeys("model: m\nrole: wizard"), 'p.md, line 3: there is no role "wizard" → roles: scout'],
    ["a mode", withKeys("mode: wizard"), 'p.md, line 2: there is no role "wizard"'],
    [
      "a reader with a scope",
      withKeys("role: reviewer\n\nwrite_scope: src"),
      'p.md, line 4: the mode reviewer only reads, but write_scope names "src"',
    ],
    [
      "prose as a scope",
      withKeys("scope:\n  - src and test"),
      'p.md, line 2: scope has text where a path belongs: "src and test"',
    ],
    ["lines of a file", withKeys("files: a.ts:0"), 'p.md, line 2: 0 is not a line number in "a.ts:0"'],
    [
      "both goals",
      withKeys("objective: a\ngoal: b"),
      "p.md, line 3: goal says the same as objective in line 2 → keep one",
    ],
    [
      "both scopes",
      withKeys("write_scope: a\n\nscope: b"),
      "p.md, line 4: scope says the same as write_scope in line 2",
    ],
    [
      "a key twice",
      withKeys("model: a\nmodel: b"),
      "p.md, line 3: the front matter is no YAML (duplicated mapping key)",
    ],
    [
      "a cut goal",
      withKeys("goal: fix issue #3", ""),
      'p.md, line 2: YAML cuts goal off at the " #" in it → put the value in quotes',
    ],
    ["a colon", withKeys("goal: Fix: it"), "p.md, line 2: the front matter is no YAML"],
    [
      "a glob",
      withKeys("model: m\nscope:\n  - *.ts"),
      'p.md, line 4: the front matter is no YAML (unidentified alias ".ts") → put a value with a special character',
    ],
    ["a list", withKeys("- a\n- b"), "p.md, line 2: the front matter is no list of keys"],
    ["a text", withKeys("just text"), "p.md, line 2: the front matter is no list of keys"],
    [
      "never closed",
      "---\nmodel: m\nDo it.",
      "p.md, line 1: the front matter is never closed → close it with a line that is only ---",
    ],
    ["only the delimiter", "---", "p.md, line 1: the front matter is never closed"],
    [
      "a delimiter with a word",
      "---\nmodel: m\n---x\nDo it.",
      "p.md, line 3: a line in the front matter begins with ---",
    ],
    ["too long", withKeys(`# ${"x".repeat(65_536)}`), "p.md, line 1: the front matter is longer than 65536 characters"],
    [
      "JSON",
      '---json\n{"goal": "x"}\n---\n',
      'p.md, line 1: front matter in "json" is refused, because it could run code → write YAML',
    ],
    ["TOML", "--- toml\ngoal = 1\n---\n", 'p.md, line 1: front matter in "toml" is refused'],
  ])("%s", async (_name, text, sentence) => {
    const refusal = await refusalOf(() => parse(text));
    expect(refusal.slice(0, sentence.length)).toBe(sentence);
  });
});

describe("hostile front matter", () => {
  const dir = mkdtempSync(join(tmpdir(), "packet-"));
  const mark = join(dir, "executed");
  afterAll(() => rmSync(dir, { recursive: true }));
  const payload = `(globalThis.executed = true, require("node:fs").writeFileSync(${JSON.stringify(mark)}, "x"))`;

  it.each([
    ...["js", " js", "javascript", "JS", "JavaScript", "js ", "coffee", "coffeescript", "cson", "ts", "__proto__"].map(
      (language) => `---${language}\n${payload}\n---\nx`,
    ),
    `---\nlanguage: js\ngoal: !!js/function "function () { return ${payload.replaceAll('"', "'")} }"\n---\nx`,
    `---\ngoal: !!js/regexp /x/\n---\nx`,
    `---\n!<tag:yaml.org,2002:js/function> ${JSON.stringify(payload)}: x\n---\nx`,
    `---\n---js\n${payload}\n---\nx`,
  ])("nothing is executed: %j", async (text) => {
    await refusalOf(() => parse(text));
    expect(existsSync(mark)).toBe(false);
    expect(globalThis).not.toHaveProperty("executed");
  });

  it.each([
    ["a bomb", `a: &a [${"x,".repeat(9)}]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\ngoal: *c`, 2],
    ["a big text, many times", `goal: &a ${"x".repeat(30_000)}\nnon_goals: [${"*a,".repeat(8_000)}]`, 2],
    ["an alias as a key", `goal: &a x\n? *a\n: y`, 2],
    ["a merge", "context: &a {role: scout}\n<<: *a", 2],
    ["an anchor alone", "goal: &a x\nmodel: m", 2],
  ])("%s: anchors and aliases are not read", async (_name, keys, line) => {
    expect(await refusalOf(() => parse(withKeys(keys)))).toContain(
      `p.md, line ${line}: the front matter is no YAML (anchors and aliases are not read)`,
    );
  });

  it.each([
    ["deep lists", "[".repeat(60_000)],
    ["deep keys", "a: ".repeat(20_000)],
    ["deep items", "- ".repeat(30_000)],
    ["a long key", `a${" ".repeat(60_000)}b:`],
    ["a merge without an alias", "<<: {priority: 1}"],
    ["many keys", Array.from({ length: 6_000 }, (_, at) => `k${at}:`).join("\n")],
  ])(
    "%s: refused at once",
    async (_name, keys) => {
      await refusalOf(() => parse(withKeys(keys)));
    },
    3_000,
  );

  it("leaves every prototype as it was", async () => {
    await refusalOf(() => parse(withKeys('goal: x\n"__proto__": {polluted: yes}')));
    await refusalOf(() => parse(withKeys("gaol: {__proto__: {polluted: yes}}")));
    expect({}).not.toHaveProperty("polluted");
  });
});
