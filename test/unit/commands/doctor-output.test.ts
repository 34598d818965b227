import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { applyFixes } from "../../../src/commands/doctor/apply-fixes.ts";
import { renderChecks } from "../../../src/commands/doctor/render-checks.ts";
import { symbolsFor } from "../../../src/commands/doctor/symbols.ts";
import type { Checked } from "../../../src/doctor/run-checks.ts";

const checks: Checked[] = [
  { id: "a", title: "A", status: "ok", detail: "well", cure: "never shown" },
  { id: "b", title: "Longer", status: "warn", detail: "so so", cure: "mend b" },
  { id: "c", title: "C", status: "fail", detail: "broken" },
  { id: "d", title: "D", status: "skipped", detail: "not asked", cure: "never shown" },
];

const terminal = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });
const TABLE = (env: NodeJS.ProcessEnv, isTTY: boolean, quiet = false) =>
  renderChecks(checks, { ...symbolsFor({ env, stdout: terminal(isTTY) }), quiet });

describe("the table", () => {
  test("is aligned, and has a cure below what is not well", () => {
    expect(TABLE({}, false)).toBe(
      [
        "✓ A       well",
        "! Longer  so so",
        "          cure: mend b",
        "✗ C       broken",
        "– D       not asked",
        "",
        "1 well, 1 to look at, 1 broken, 1 not looked at: a run can't work as things are",
        "",
      ].join("\n"),
    );
  });

  test("has only what is not well with --quiet", () => {
    expect(TABLE({}, false, true)).toBe("! Longer  so so\n          cure: mend b\n✗ C       broken\n");
  });

  test.each<[NodeJS.ProcessEnv, boolean, RegExp, boolean]>([
    [{ LANG: "C" }, false, /^\+ A/, false],
    [{ LANG: "en_US.ISO-8859-1" }, false, /^\+ A/, false],
    [{ LANG: "C", LC_ALL: "en_US.UTF-8" }, false, /^✓ A/, false],
    [{ LANG: "de_DE.utf8" }, true, /✓/, true],
    [{ LANG: "de_DE.utf8", NO_COLOR: "1" }, true, /^✓ A/, false],
    [{ TERM: "linux" }, true, /\+/, true],
    [{ TERM: "dumb" }, true, /^\+ A/, false],
    [{ TERM: "dumb" }, false, /^✓ A/, false],
  ])("%j on a terminal: %s", (env, isTTY, begins, hasColour) => {
    const [line = ""] = TABLE(env, isTTY).split("\n");
    expect(line).toMatch(begins);
    expect(line.includes("\u001b[")).toBe(hasColour);
  });
});

test("each fix is said before it is done, and one that fails stops no other", async () => {
  const lines: string[] = [];
  const fix = (says: string, run: () => string) => ({ says, run });
  const fixes = await applyFixes(
    [
      { id: "a", title: "A", status: "warn", detail: "", fix: fix("do a", () => `a after: ${lines.at(-1)}`) },
      { id: "b", title: "B", status: "warn", detail: "" },
      {
        id: "c",
        title: "C",
        status: "warn",
        detail: "",
        fix: fix("do c", () => {
          throw new Error("no\nroom");
        }),
      },
      { id: "d", title: "D", status: "warn", detail: "", fix: fix("do d", () => "did d") },
    ],
    (line) => lines.push(line),
  );
  expect(fixes).toEqual([
    { id: "a", says: "do a", ok: true, did: "a after: fix: do a" },
    { id: "c", says: "do c", ok: false, did: "no room" },
    { id: "d", says: "do d", ok: true, did: "did d" },
  ]);
  expect(lines.slice(2, 4)).toEqual(["fix: do c", "  not done: no room"]);
});
