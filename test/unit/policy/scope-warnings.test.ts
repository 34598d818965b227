import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { scopeWarnings } from "../../../src/policy/scope-warnings.ts";
import { NO_POWER, samplePower } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const WIDE =
  "a file or glob of the write scope lies in the workspace's root, so the kernel opens all of it and the audit alone holds the scope";
const nothing = (pattern: string) => `the write scope ${pattern} matches nothing yet`;

const FILES = ["README.md", "src/a.ts", "src/deep/b.tsx", "src/.hidden", "app/[id]/page.tsx", "node_modules/x/y.js"];

function workspace() {
  const dir = tempDir();
  for (const name of FILES) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), "");
  }
  mkdirSync(join(dir, "empty"));
  return dir;
}
const warningsOf = (...scope: string[]) => scopeWarnings(workspace(), samplePower({ write: "scope", scope }));

describe("a scope that is worth a word", () => {
  it.each<[scope: string[], warnings: string[]]>([
    [["src/a.ts"], []],
    [["src"], []],
    [["src/", "app/"], []],
    [["empty/"], []],
    [["src/*.ts"], []],
    [["src/**/*.tsx"], []],
    [["src/d*/b.tsx"], []],
    [["src/.h*"], []],
    [["app/[id]/*.tsx"], []],
    [["src/{x,deep}/*"], []],
    [["src/new.ts"], [nothing("src/new.ts")]],
    [["new/"], [nothing("new/")]],
    [["src/*.js"], [nothing("src/*.js")]],
    [["src/*/a.ts"], [nothing("src/*/a.ts")]],
    [["new/**"], [nothing("new/**")]],
    [["empty/*"], [nothing("empty/*")]],
    [
      ["src/a.ts", "x/", "y/*.ts"],
      [nothing("x/"), nothing("y/*.ts")],
    ],
    // The root can be opened only as a whole.
    [["README.md"], [WIDE]],
    [["*.md"], [WIDE]],
    [["**/*.tsx"], [WIDE]],
    [["src", "README.md"], [WIDE]],
    [["new.ts"], [nothing("new.ts"), WIDE]],
    [["*.js"], [nothing("*.js"), WIDE]],
    [["[lang]/"], [nothing("[lang]/"), WIDE]],
  ])("%j", (scope, warnings) => {
    expect(warningsOf(...scope)).toEqual(warnings);
  });

  it.each([
    ["nothing", NO_POWER],
    ["the whole workspace", samplePower()],
    ["everything", samplePower({ write: "everything" })],
  ])("is none where %s is written", (_, power) => {
    expect(scopeWarnings(workspace(), power)).toEqual([]);
  });

  it("is told of a scope that only the audit holds, but that it opens the root: everything is open", () => {
    expect(scopeWarnings(workspace(), samplePower({ write: "everything", scope: ["new.ts"] }))).toEqual([
      nothing("new.ts"),
    ]);
  });

  it("does not follow links, which may lead in a circle", () => {
    const dir = workspace();
    symlinkSync("..", join(dir, "src", "up"));
    const power = samplePower({ write: "scope", scope: ["src/**/README.md"] });
    expect(scopeWarnings(dir, power)).toEqual([nothing("src/**/README.md")]);
  });
});

it("the search for a match ends: in a large tree it is only a warning", () => {
  const dir = tempDir();
  for (let at = 0; at < 5_001; at++) writeFileSync(join(dir, `${at}`), "");
  expect(scopeWarnings(dir, samplePower({ write: "everything", scope: ["*.none"] }))).toEqual([]);
});
