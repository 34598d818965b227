import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseSettings, readSettings } from "../../../src/packet/settings.ts";
import { settingsPaths } from "../../../src/packet/settings-paths.ts";
import { refusalOf } from "./refusal.ts";

const parse = (keys: string) => parseSettings(`---\n${keys}\n---\nFor people.\n`, "s.md");
const none = { draft: {}, deny: [], volatile: [] };

describe("parseSettings", () => {
  it("takes every key", async () => {
    const keys = `model: gpt-5.5
reasoning: high
timeout: 1800
idle_timeout: 0
max_steps: 80
verify_timeout: 120
engine: exec
verify:
  - npm test
  - npm run lint
verify_base: yes
gates:
  strict: true
  dirty_overlap: allow
deny: ["secrets/**", ~/.netrc]
volatile: coverage/**
delegate: false`;
    expect(await parse(keys)).toStrictEqual({
      draft: {
        model: "gpt-5.5",
        reasoning: "high",
        timeoutS: 1800,
        idleTimeoutS: 0,
        maxSteps: 80,
        verifyTimeoutS: 120,
        engine: "exec",
        verify: ["npm test", "npm run lint"],
        verifyBase: true,
        strict: true,
        allowDirtyOverlap: true,
      },
      deny: ["secrets/**", "~/.netrc"],
      volatile: ["coverage/**"],
      dirtyOverlap: "allow",
      delegate: false,
    });
  });

  it.each<[string, object]>([
    ["", none],
    ["# nothing", none],
    ["gates: {}", none],
    ["gates:\n  dirty_overlap: refuse", { ...none, draft: { allowDirtyOverlap: false }, dirtyOverlap: "refuse" }],
    ["gates: {strict: no}", { ...none, draft: { strict: false } }],
    ["verify: none", { ...none, draft: { verify: [] } }],
    ["verify: |\n  npm test\n  npm run lint", { ...none, draft: { verify: ["npm test", "npm run lint"] } }],
    ["delegate: on", { ...none, delegate: true }],
    ["review_gate: on", { ...none, reviewGate: { on: true } }],
    ["review_gate: off", { ...none, reviewGate: { on: false } }],
    [
      "review_gate:\n  severity: high\n  kind: adversarial\n  rounds: 2\n  timeout: 60\n  tokens: 0",
      { ...none, reviewGate: { on: true, severity: "high", kind: "adversarial", rounds: 2, timeout: 60, tokens: 0 } },
    ],
  ])("%j", async (keys, settings) => {
    expect(await parse(keys)).toStrictEqual(settings);
  });

  it.each<[string, string]>([
    ["modell: x", 's.md, line 2: there is no key "modell" in settings → did you mean model?'],
    ["model: m\nrole: scout", 's.md, line 3: there is no key "role" in settings → the keys are model, reasoning'],
    [
      "model: m\ngates:\n  strikt: true",
      's.md, line 4: there is no key "strikt" in gates in settings → did you mean strict?',
    ],
    ["gates:\n  dirty_overlap: maybe", "s.md, line 3: gates.dirty_overlap must be refuse or allow"],
    ["gates: yes", "s.md, line 2: gates must be a list of keys"],
    ["gates:", "s.md, line 2: gates is empty"],
    [
      "network: true",
      "s.md, line 2: network can't stand in settings: a file in a repository must not give a run power",
    ],
    [
      "review_gate: maybe",
      "s.md, line 2: review_gate must be on, off, or keys of it: severity (critical, high, medium, low)",
    ],
    [
      "review_gate:\n  severty: high",
      's.md, line 3: there is no key "severty" in review_gate in settings → did you mean severity?',
    ],
    ["review_gate:\n  rounds: 4", "s.md, line 3: review_gate.rounds must be 1, 2 or 3"],
    ["review_gate:\n  timeout: 900", "s.md, line 3: review_gate.timeout must be a number of seconds from 1 to 840"],
    ["writable: /", "s.md, line 2: writable can't stand in settings"],
    ["env: TOKEN", "s.md, line 2: env can't stand in settings"],
    ["model: m\nsandbox: x", "s.md, line 3: sandbox can't stand in settings"],
    ["scope: src", "s.md, line 2: scope can't stand in settings"],
    ["write_scope: src", "s.md, line 2: write_scope can't stand in settings"],
    ["no_tmp: true", "s.md, line 2: no_tmp can't stand in settings"],
    ["timeout: 1h", "s.md, line 2: timeout must be a number of seconds"],
    ["delegate: sometimes", "s.md, line 2: delegate must be yes or no"],
    ["deny: [1]", "s.md, line 2: deny must be text or a list of texts"],
    ["volatile: '**'", 's.md, line 2: volatile has "**", which would leave the whole audit out'],
    ["volatile: [tmp, ./**/*]", 's.md, line 2: volatile has "./**/*", which would leave the whole audit out'],
    ["volatile: .", 's.md, line 2: volatile has "."'],
    ["model: &a m\nreasoning: *a", "s.md, line 2: the front matter is no YAML (anchors"],
  ])("%j is refused", async (keys, sentence) => {
    const refusal = await refusalOf(() => parse(keys));
    expect(refusal.slice(0, sentence.length)).toBe(sentence);
  });

  it("an empty file says nothing, and a text without front matter is a slip", async () => {
    expect(await parseSettings(" \n", "s.md")).toStrictEqual(none);
    expect(await refusalOf(() => parseSettings("model: x\n", "s.md"))).toBe(
      "s.md, line 1: settings are front matter, and there is none → begin the file with a line that is only ---",
    );
    expect(await refusalOf(() => parseSettings("---js\n1\n---\n", "s.md"))).toContain(
      'front matter in "js" is refused',
    );
  });
});

describe("readSettings", () => {
  const dir = mkdtempSync(join(tmpdir(), "settings-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const { project, user } = settingsPaths(dir, join(dir, "state"));

  it("knows two places", () => {
    expect(project).toBe(join(dir, ".claude", "ask-codex.local.md"));
    expect(user).toBe(join(dir, "state", "settings.md"));
  });

  it("reads what is there, and finds nothing where there is nothing", async () => {
    expect(await readSettings(project)).toBeUndefined();
    writeFileSync(join(dir, "file"), "");
    expect(await readSettings(join(dir, "file", "settings.md"))).toBeUndefined();
    mkdirSync(join(dir, ".claude"));
    writeFileSync(project, "\uFEFF---\r\nmodel: m\r\n---\r\n");
    expect(await readSettings(project)).toStrictEqual({ ...none, draft: { model: "m" } });
  });

  it.each<[string, (path: string) => void, string]>([
    [
      "link.md",
      (path) => symlinkSync(project, path),
      "the settings FILE are a symbolic link → put the file itself there",
    ],
    ["dangling.md", (path) => symlinkSync(join(dir, "gone"), path), "the settings FILE are a symbolic link"],
    ["directory.md", (path) => mkdirSync(path), "the settings file FILE is a directory"],
    [
      "big.md",
      (path) => writeFileSync(path, `---\n---\n${"x".repeat(65_536)}`),
      "the settings file FILE has 65544 bytes, over the 65536",
    ],
    ["latin1.md", (path) => writeFileSync(path, Buffer.from([0x2d, 0xff])), "the settings file FILE is not UTF-8 text"],
  ])("%s is refused", async (name, make, sentence) => {
    const path = join(dir, name);
    make(path);
    const refusal = (await refusalOf(() => readSettings(path))).replace(path, "FILE");
    expect(refusal.slice(0, sentence.length)).toBe(sentence);
  });
});
