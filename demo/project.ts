import type { Beat } from "../test/kit/scripted-model.ts";

/** A repository with a small real bug: a title that ends in a full stop gives an address that ends in a hyphen. */
export const FILES: Readonly<Record<string, string>> = {
  "src/slug.mjs": `/** The part of an address that names a page: "Two words" becomes "two-words". */
export function slug(title) {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
}
`,
  "test/slug.test.mjs": `import assert from "node:assert/strict";
import test from "node:test";
import { slug } from "../src/slug.mjs";

test("words are joined by hyphens", () => {
  assert.equal(slug("Two words"), "two-words");
});

test("no hyphen is left at the ends", () => {
  assert.equal(slug("Hello, world!"), "hello-world");
});
`,
};

/** Where the bug is. */
export const BUGGY_FILE = "src/slug.mjs";

/** What has to pass: ask_codex runs it itself, in Codex's sandbox, whatever Codex says. */
export const CHECK = "node --test";

/** What the run is asked to do. */
export const GOAL = "Fix slug() so that the tests pass.";

const PATCH = `*** Begin Patch
*** Update File: ${BUGGY_FILE}
@@
-    .replace(/[^a-z0-9]+/g, "-");
+    .replace(/[^a-z0-9]+/g, "-")
+    .replace(/^-|-$/g, "");
*** End Patch`;

/**
 * What the scripted model says when Codex asks it: look, try the easy way and find it closed, mend, look again, report.
 * Codex does all of it for real.
 */
export const SCRIPT: Beat[] = [
  { run: "node --test", usage: { input: 4210, cached: 0, output: 31 } },
  { run: "echo 'process.exit(0);' > test/slug.test.mjs", usage: { input: 4530, cached: 4096, output: 29 } },
  { patch: PATCH, usage: { input: 4890, cached: 4096, output: 118 } },
  { run: "node --test", usage: { input: 5060, cached: 4864, output: 30 } },
  {
    say: "slug() left a hyphen at the ends. Now it drops it; node --test passes.\n\nStatus: done",
    usage: { input: 5350, cached: 4992, output: 52 },
  },
];
