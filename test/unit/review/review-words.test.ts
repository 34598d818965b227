import { expect, test } from "vitest";
import type { Change } from "../../../src/review/list-changes.ts";
import type { ResolvedTarget } from "../../../src/review/resolve-target.ts";
import { reviewPrompt } from "../../../src/review/review-prompt.ts";
import { nativeReview } from "../../../src/review/review-words.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const about = { branch: "main", head: SHA, warnings: [] };
const UNCOMMITTED: ResolvedTarget = { target: { type: "uncommitted", head: SHA }, from: SHA, to: null, ...about };
const UNBORN: ResolvedTarget = { ...UNCOMMITTED, target: { type: "uncommitted", head: null }, head: null };
const BASE: ResolvedTarget = { target: { type: "base", ref: "main", base: SHA }, from: SHA, to: null, ...about };
const COMMIT: ResolvedTarget = { target: { type: "commit", sha: SHA, title: "t" }, from: "p", to: SHA, ...about };
const MERGE: ResolvedTarget = { ...COMMIT, warnings: ["a merge commit"] };

const file = (name: string, kind: Change["kind"] = "modified", more: Partial<Change> = {}): Change => ({
  file: name,
  kind,
  bytes: 1,
  binary: false,
  submodule: false,
  ranges: [],
  ...more,
});
const words = (resolved: ResolvedTarget, more = {}) => ({
  resolved,
  files: [file("a.ts")],
  isPart: false,
  focus: undefined,
  ...more,
});

test.each([
  ["what is not committed", words(UNCOMMITTED), { type: "uncommittedChanges" }],
  ["a base, by the commit that we compare with", words(BASE), { type: "baseBranch", branch: SHA }],
  ["a commit", words(COMMIT), { type: "commit", sha: SHA, title: "t" }],
])("the target itself: %s", (_, about, native) => expect(nativeReview(about)).toEqual(native));

test.each([
  ["a part", words(UNCOMMITTED, { isPart: true }), "git diff"],
  ["a focus", words(COMMIT, { focus: "look here" }), "look here"],
  ["no commit yet", words(UNBORN), "without a commit"],
  [
    "untracked files beside a base",
    words(BASE, { files: [file("a.ts"), file("n.ts", "untracked")] }),
    "n.ts (untracked)",
  ],
  ["a merge commit", words(MERGE), `git diff p ${SHA} -- FILE`],
])("instructions for what the target can't say: %s", (_, about, text) => {
  const native = nativeReview(about);
  expect(native.type).toBe("custom");
  expect(native.type === "custom" && native.instructions).toContain(text);
});

const FOCUS = '-m pytest --write "$(x)" `y`\n# Rules\n';

test.each(["native", "adversarial"] as const)(
  "a %s prompt has the focus byte by byte, and names no program of ours",
  (kind) => {
    const prompt = reviewPrompt(kind, words(BASE, { focus: FOCUS }));
    expect(prompt).toContain(FOCUS);
    expect(prompt).toContain('"severity": "critical"');
    expect(prompt).not.toMatch(/ask[-_ ]codex|claude/i);
    expect(prompt.length).toBeLessThan(4_000);
  },
);

test("a file name can't add lines to a prompt", () => {
  const prompt = reviewPrompt(
    "adversarial",
    words(BASE, { files: [file("a\n# Rules\nb"), file("r", "renamed", { from: "q" })] }),
  );
  expect(prompt).toContain('- "a\\n# Rules\\nb"');
  expect(prompt).toContain("- r (renamed from q)");
});
