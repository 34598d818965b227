import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inLab } from "../kit/lab.ts";
import { expectRefused, isIn, put, putIn } from "../kit/packets.ts";

const FILES = { "src/a/file.txt": "in scope\n", "README.md": "# a project\n" };

describe("a bad variable", () => {
  test.each([
    ["ASK_CODEX_TIMEOUT", "soon", /ASK_CODEX_TIMEOUT must be a number of seconds.*"soon"/],
    ["ASK_CODEX_IDLE_TIMEOUT", "-1", /ASK_CODEX_IDLE_TIMEOUT must be a number of seconds/],
    ["ASK_CODEX_MAX_STEPS", "1.5", /ASK_CODEX_MAX_STEPS must be a whole number/],
    ["ASK_CODEX_MODEL", "two words", /ASK_CODEX_MODEL must be one word/],
    ["ASK_CODEX_REASONING", "--high", /ASK_CODEX_REASONING must be one word/],
    ["ASK_CODEX_ENGINE", "v8", /ASK_CODEX_ENGINE must be one of app-server, exec/],
  ])("%s=%s is refused", (name, value, says) =>
    inLab({}, async (lab) => {
      await expectRefused(lab, ["run the tests"], { says, hint: /unset/ }, { env: { [name]: value } });
    }),
  );
});

describe("front matter that is code", () => {
  const CODE = (path: string) => `{ goal: (require("fs").writeFileSync(${JSON.stringify(path)}, "x"), "go") }`;
  test.each(["---js", "---javascript", "--- js", "---JS", "---coffee", "---json"])(
    "%s is refused, and nothing runs",
    (head) =>
      inLab({}, async (lab) => {
        const trap = join(lab.dir, "executed");
        const text = `${head}\n${CODE(trap)}\n---\nrun the tests\n`;
        const says = (name: RegExp) => ({
          says: new RegExp(`${name.source}, line 1: front matter in "\\w+" is refused`),
          hint: /YAML/,
        });
        await expectRefused(lab, ["--packet", put(join(lab.dir, "task.md"), text)], says(/task\.md/));
        await expectRefused(
          lab,
          ["--dry-run", "--packet", put(join(lab.dir, "task.md"), `\uFEFF${text}`)],
          says(/task\.md/),
        );
        const project = putIn(lab, ".claude/ask-codex.local.md", text);
        await expectRefused(lab, ["run the tests"], says(/ask-codex\.local\.md/));
        put(project, "");
        put(join(lab.home, "settings.md"), text);
        await expectRefused(lab, ["run the tests"], says(/settings\.md/));
        expect(existsSync(trap)).toBe(false);
      }),
  );

  test("nor does YAML that names a type of JavaScript, or a body that looks like code", () =>
    inLab({}, async (lab) => {
      const trap = join(lab.dir, "executed");
      const yaml = `---\ngoal: !!js/function >\n  function () { require("fs").writeFileSync(${JSON.stringify(trap)}, "x") }\n---\n`;
      await expectRefused(lab, ["--packet", put(join(lab.dir, "task.md"), yaml)], { says: /no YAML/ });
      expect(existsSync(trap)).toBe(false);
    }));
});

describe("a bad packet", () => {
  const BASE = "MODE: writer\nOBJECTIVE: Run the tests.\nWRITE SCOPE: src\n";
  const FRONT = (line: string) => `---\nrole: writer\n${line}\n---\nRun the tests.\n`;
  test.each<[string, string | Buffer, RegExp]>([
    ["an unknown field", `${BASE}NOTE: hurry\n`, /bad\.md, line 4: there is no field "NOTE"/],
    ["a field with a slip", `${BASE}VERIFICATON: npm test\n`, /line 4: there is no field "VERIFICATON"/],
    ["an unknown key", FRONT("colour: red"), /line 3: there is no key "colour" in a packet/],
    ["no MODE", "OBJECTIVE: x\nWRITE SCOPE: src\n", /line 2: the field MODE is missing/],
    ["no OBJECTIVE", "MODE: scout\n", /line 1: the field OBJECTIVE is missing/],
    ["no WRITE SCOPE", "MODE: writer\nOBJECTIVE: x\n", /line 2: the field WRITE SCOPE is missing/],
    ["no goal in front matter", "---\nrole: scout\n---\n", /there is no goal/],
    ["an unknown MODE", BASE.replace("writer", "king"), /line 1: there is no role "king"/],
    ["an unknown role", FRONT("scope: src").replace("writer", "king"), /line 2: there is no role "king"/],
    ["a mode that only reads with a scope", BASE.replace("writer", "reviewer"), /line 3: the mode reviewer only reads/],
    ["an empty field", `${BASE}CONTEXT:\n`, /line 4: the field CONTEXT is empty/],
    ["a field twice", `${BASE}MODE: scout\n`, /line 4: the field MODE is given twice, first in line 1/],
    ["a bad limit", FRONT("timeout: soon"), /line 3: timeout must be a number of seconds/],
    ["broken YAML", FRONT("goal: [x"), /line \d: the front matter is no YAML/],
    ["front matter without an end", "---\ngoal: x\n", /line 1: the front matter is never closed/],
    ["no packet at all", "Please fix it.\n", /bad\.md is no packet/],
    ["nothing", " \n\n", /bad\.md is empty/],
    ["10 MB", Buffer.alloc(10 * 1024 * 1024, "OBJECTIVE: x\n"), /bad\.md has 10485760 bytes, over the 1048576/],
    ["a NUL", BASE.replace("Run", "R\0un"), /line 2: there is a NUL character/],
    ["bytes that are not UTF-8", Buffer.from(`${BASE}CONTEXT: \xff\n`, "latin1"), /bad\.md is not UTF-8/],
    ["UTF-16", Buffer.from(`\uFEFF${BASE}`, "utf16le"), /bad\.md is not UTF-8/],
    ["NETWORK", `${BASE}NETWORK: yes\n`, /line 4: the field NETWORK would give more power/],
    ["WRITABLE", `${BASE}WRITABLE: /\n`, /line 4: the field WRITABLE would give more power/],
    ["ENV", `${BASE}ENV: GITHUB_TOKEN\n`, /line 4: the field ENV would give more power/],
    ["SANDBOX", `${BASE}SANDBOX: danger-full-access\n`, /line 4: the field SANDBOX would give more power/],
    ["network", FRONT("network: true"), /line 3: network gives a run more power/],
    ["writable", FRONT("writable: [/]"), /line 3: writable gives a run more power/],
    ["env", FRONT("env: GITHUB_TOKEN"), /line 3: env gives a run more power/],
    ["sandbox", FRONT("sandbox: danger-full-access"), /line 3: sandbox gives a run more power/],
    ["a credential", BASE.replace("the tests", `sk-proj-${"aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"}`), /credential in it/],
  ])("with %s is refused with line and field", (_, content, says) =>
    inLab({ files: FILES }, async (lab) => {
      await expectRefused(lab, ["--packet", putIn(lab, "bad.md", content)], { says });
    }),
  );

  test("that is a directory, missing, a link to nowhere or a device is refused by name", () =>
    inLab({ files: FILES }, async (lab) => {
      await expectRefused(lab, ["--packet", "src"], { says: /src is a directory/ });
      await expectRefused(lab, ["--packet", "no.md"], { says: /no\.md can't be read: it does not exist/ });
      await expectRefused(lab, ["--packet", "README.md/x.md"], { says: /can't be read/ });
      await expectRefused(lab, ["--packet", "/dev/zero"], { says: /\/dev\/zero is no file/ });
      await expectRefused(lab, ["--packet", ""], { says: /--packet: must be a path/ });
    }));

  test.each([
    ["network: true", /line 2: network can't stand in settings/],
    ["writable: [/]", /line 2: writable can't stand in settings/],
    ["env: GITHUB_TOKEN", /line 2: env can't stand in settings/],
    ["sandbox: danger-full-access", /line 2: sandbox can't stand in settings/],
    ["scope: src", /line 2: scope can't stand in settings/],
    ["modle: x", /line 2: there is no key "modle" in settings/],
    ["gates: { dirty: allow }", /line 2: there is no key "dirty" in gates/],
    ['volatile: "**"', /line 2: volatile has "\*\*", which would leave the whole audit out/],
  ])("settings with %s are refused, in the project and at home", (line, says) =>
    inLab({}, async (lab) => {
      const project = putIn(lab, ".claude/ask-codex.local.md", `---\n${line}\n---\n`);
      await expectRefused(lab, ["run the tests"], { says });
      put(project, "");
      put(join(lab.home, "settings.md"), `---\n${line}\n---\n`);
      await expectRefused(lab, ["run the tests"], { says });
    }),
  );
});

// `output` is written by our own process, in no sandbox, with what the model says, for a role that only reads, too.
test.each([".git/hooks/pre-commit", ".claude/settings.json"])("a packet can't have the answer put into %s", (output) =>
  inLab({ files: { ...FILES, ".claude/x": "x" }, script: [{ say: "#!/bin/sh\n\nStatus: done" }] }, async (lab) => {
    await lab.ask("--packet", put(join(lab.dir, "t.md"), `---\nrole: scout\noutput: ${output}\n---\nLook.\n`));
    expect(isIn(lab, output)).toBe(false);
  }),
);
