import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missingRules, overridingRules, permissionRules, SCRIPTS } from "../../../src/claude/permission-rules.mjs";

test("names the skill, each script, and the folder with two slashes", () => {
  expect(permissionRules("/s/ask-codex", "skill")).toEqual([
    "Skill(ask-codex)",
    ...SCRIPTS.map((name) => `Bash(node /s/ask-codex/scripts/${name}.mjs *)`),
    "Read(//s/ask-codex/**)",
  ]);
  expect(permissionRules("/s/ask-codex", "plugin")[0]).toBe("Skill(ask-codex:ask-codex)");
});

test("quotes a path as a command has to quote it", () => {
  expect(permissionRules("/my skills/ask-codex", "skill")).toContain(
    'Bash(node "/my skills/ask-codex/scripts/codex_runs.mjs" *)',
  );
});

test("has both spellings of a folder that is a link", () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "ask-codex-rules-")));
  try {
    mkdirSync(join(dir, "clone"));
    symlinkSync(join(dir, "clone"), join(dir, "link"));
    const rules = permissionRules(join(dir, "link"), "skill");
    for (const name of ["link", "clone"]) {
      expect(rules).toContain(`Bash(node ${dir}/${name}/scripts/ask_codex.mjs *)`);
      expect(rules).toContain(`Read(/${dir}/${name}/**)`);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each([
  ["", ["a", "b"]],
  ["{}", ["a", "b"]],
  ['\uFEFF{"permissions":{"allow":["b"]}}', ["a"]],
  ['{"permissions":{"allow":["b","a"]}}', []],
  ['{"permissions":{"allow":{}}}', undefined],
  ["{ // no JSON\n}", undefined],
])("%j lacks %j", (text, missing) => {
  expect(missingRules(text, ["a", "b"])).toEqual(missing);
});

test.each([
  ["Bash", true],
  ["Bash(*)", true],
  ["Bash(node *)", true],
  ["Bash(node:*)", true],
  ["Bash(node /s/ask-codex/scripts/*)", true],
  ["Bash(npm *)", false],
  ["Bash(node)", false],
  ["Read", true],
  ["Read(//s/**)", true],
  ["Read(./secrets/**)", false],
  ["Skill(ask-codex)", true],
  ["Skill(other)", false],
  ["WebFetch", false],
  ["(broken", false],
])("a deny or ask rule %s wins over one of ours: %s", (rule, wins) => {
  const rules = permissionRules("/s/ask-codex", "skill");
  for (const list of ["deny", "ask"] as const) {
    const text = JSON.stringify({ permissions: { [list]: [rule] } });
    expect(overridingRules(text, rules)).toEqual(wins ? [{ list, rule }] : []);
  }
});
