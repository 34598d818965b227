import { describe, expect, it } from "vitest";
import { saysNone, sortChecks } from "../../../src/packet/verification-lines.ts";

describe("a line that is a command", () => {
  it.each<[string, string[]]>([
    // As it stands.
    ["npm test", ["npm test"]],
    ["- npm test", ["npm test"]],
    ["* npm test", ["npm test"]],
    ["1. npm test", ["npm test"]],
    ["- [ ] npm test", ["npm test"]],
    ["npm test -- cache", ["npm test -- cache"]],
    ["npx vitest run test/unit/packet", ["npx vitest run test/unit/packet"]],
    ["python3 -m pytest -q", ["python3 -m pytest -q"]],
    ["ruff check .", ["ruff check ."]],
    ["go test ./...", ["go test ./..."]],
    ["make", ["make"]],
    ["make all", ["make all"]],
    ["just lint", ["just lint"]],
    ["cargo test --workspace", ["cargo test --workspace"]],
    ["CI=1 npm test", ["CI=1 npm test"]],
    ["CI=1 LOG=debug npm test passes", ["CI=1 LOG=debug npm test"]],
    ["test -f dist/index.js", ["test -f dist/index.js"]],
    ['test "$(cat VERSION)" = 2', ['test "$(cat VERSION)" = 2']],
    ["[ -s out.txt ]", ["[ -s out.txt ]"]],
    ["true", ["true"]],
    ["false", ["false"]],
    ["diff a.txt b.txt", ["diff a.txt b.txt"]],
    ["git diff --exit-code", ["git diff --exit-code"]],
    ["git status", ["git status"]],
    ["grep -rn TODO src", ["grep -rn TODO src"]],
    ["! grep -rn TODO src", []],
    ["npm run lint && npm test", ["npm run lint && npm test"]],
    ["npm test | tee out.txt", ["npm test | tee out.txt"]],
    ["find src -name '*.orig' | wc -l", ["find src -name '*.orig' | wc -l"]],
    ["coverage report --fail-under 80", ["coverage report --fail-under 80"]],
    ["time npm test -- --run", ["time npm test -- --run"]],
    // By a sign.
    ["$ anything at all", ["anything at all"]],
    ["- $ npm test", ["npm test"]],
    ["./gradlew check", ["./gradlew check"]],
    ["../tools/check.sh --all", ["../tools/check.sh --all"]],
    ["/usr/bin/env true", ["/usr/bin/env true"]],
    // Code spans.
    ["`npm test`", ["npm test"]],
    ["`npm test` passes", ["npm test"]],
    ["- `my-own-tool --check` exits 0", ["my-own-tool --check"]],
    ["**`npm test`** passes", ["npm test"]],
    ["`$ npm test`", ["npm test"]],
    ["``echo `date` ``", ["echo `date`"]],
    ["`npm test` and `npm run lint` pass", ["npm test", "npm run lint"]],
    ["`a`, `b`, and `c` are green", ["a", "b", "c"]],
    ["`npm test` prints `true`", ["npm test"]],
    ["Run `npm test`", ["npm test"]],
    ["run `npm test` in the root", ["npm test"]],
    ["Run: `npm test`", ["npm test"]],
    ["Execute `npm test`.", ["npm test"]],
    ["Types: `npx tsc --noEmit`", ["npx tsc --noEmit"]],
    ["**Unit tests:** `npm test`", ["npm test"]],
    ["**Unit tests**: `npm test`", ["npm test"]],
    // In a sentence.
    ["npm test passes", ["npm test"]],
    ["npm test passes.", ["npm test"]],
    ["npm test.", ["npm test"]],
    ["Run npm test", ["npm test"]],
    ["Run npm test.", ["npm test"]],
    ["npm test must pass", ["npm test"]],
    ["npm test doesn't fail", ["npm test"]],
    ["npm test (must be green)", ["npm test"]],
    ["npm test (must be green).", ["npm test"]],
    ["npm test -> exit 0", ["npm test"]],
    ["npm test — all of it", ["npm test"]],
    ["npm test with coverage", ["npm test"]],
    ["npm test -- cache passes", ["npm test -- cache"]],
    ["pytest -q passes", ["pytest -q"]],
    ["pytest reports no failures", ["pytest"]],
    ["Pytest passes", ["pytest"]],
    ["Cargo test is green", ["cargo test"]],
    ["cargo test --workspace is green", ["cargo test --workspace"]],
    ["tsc is quiet", ["tsc"]],
    ["git diff shows only the new file", ["git diff"]],
    ["pytest -m for tests", ["pytest -m for tests"]],
    ["grep -q the file.txt", ["grep -q the file.txt"]],
    ["npm test, npm run lint", ["npm test", "npm run lint"]],
    ["npm test and npm run lint pass", ["npm test", "npm run lint"]],
    ["npm test, npm run lint, and cargo test", ["npm test", "npm run lint", "cargo test"]],
    ['grep -q "a — b (c)." notes.md', ['grep -q "a — b (c)." notes.md']],
    // In doubt: better one too many, which is seen.
    ["npm run the whole suite", ["npm run the whole suite"]],
    ["make tests pass", ["make tests"]],
    ["just look at the page", ["just look"]],
    ["docker image builds", ["docker image builds"]],
  ])("%s", (line, commands) => {
    expect(sortChecks(line)).toEqual({ commands, prose: commands.length > 0 ? [] : [line] });
  });
});

describe("a line that is prose", () => {
  it.each([
    "make sure that nothing else changes",
    "Make sure the build works",
    "make the test pass",
    "Make tests pass.",
    "go through the list of callers",
    "go over src/a.ts once more",
    "test that the label shows",
    "test the empty list",
    "test it by hand",
    "true is returned for the empty list",
    "false positives stay below 1%",
    "diff is empty",
    "find out whether the cache is used",
    "sort order is stable",
    "time zones are kept",
    "file exists",
    "coverage stays above 80%",
    "node is not started twice",
    "bash is not needed",
    "git history stays linear",
    "swift and kotlin clients keep working.",
    "All tests pass",
    "The page shows the new label",
    "parse('') returns null",
    "`parse('')` returns null",
    "`Cache.get(key)` drops expired entries",
    "No caller of `npm test` is left",
    "Every public function has a test",
    "src/a.ts exports parseDate",
    "Note: the network is off",
  ])("%s", (line) => {
    expect(sortChecks(line)).toEqual({ commands: [], prose: [line] });
  });
});

describe("sortChecks", () => {
  it("takes each line of a fence, without its prompt; comments and continuations are no commands of their own", () => {
    const text =
      "```bash\n# all of it\n$ npm test\n\n  anything here is run\nnpm run \\\n  lint\nlast \\\n```\nThe page loads.";
    expect(sortChecks(text)).toEqual({
      commands: ["npm test", "anything here is run", "npm run \\\n  lint", "last \\"],
      prose: ["The page loads."],
    });
  });

  it("keeps the order, and joins prose that goes on in an indented line", () => {
    const text = "- The page shows\n  the new label\n- npm test\n  is run by us\n\n- `a`\n* And the old one\n  is gone";
    expect(sortChecks(text)).toEqual({
      commands: ["npm test", "a"],
      prose: ["The page shows the new label is run by us", "And the old one is gone"],
    });
  });

  it.each(["none", "None.", "N/A", "n/a", "- none", "`none`", " NONE\n"])("%j is no check", (text) => {
    expect(saysNone(text)).toBe(true);
    expect(sortChecks(text)).toEqual({ commands: [], prose: [] });
  });

  it("none beside something else is a text", () => {
    expect(sortChecks("none of the callers change").prose).toEqual(["none of the callers change"]);
  });

  it("is done with a hostile line at once", () => {
    for (const line of [
      `npm${" ".repeat(300_000)}x`,
      `\`${"`a".repeat(100_000)}`,
      `npm ${"(".repeat(300_000)}`,
      `A${"*".repeat(300_000)}`,
      `npm test ${", npm".repeat(60_000)}`,
      `A${" /".repeat(150_000)}`,
      "`a` and ".repeat(40_000),
    ])
      sortChecks(line);
  });
});
