import { expect, test } from "vitest";
import { readDiff } from "../../../src/review/read-diff.ts";

const HEAD = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n";

const read = (text: string, size = text.length) => {
  const reader = readDiff();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return reader.end();
};

test.each([
  ["a changed line", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", [[2, 2]]],
  ["added lines beside each other are one range", "@@ -1,2 +1,4 @@\n a\n+b\n+c\n d\n", [[2, 3]]],
  ["lines taken away: the line on either side", "@@ -1,4 +1,2 @@\n a\n-b\n-c\n d\n", [[1, 2]]],
  ["taken away at the beginning", "@@ -1,2 +1,1 @@\n-a\n b\n", [[1, 1]]],
  ["taken away at the end", "@@ -1,2 +1,1 @@\n a\n-b\n", [[1, 1]]],
  ["all taken away", "@@ -1,2 +0,0 @@\n-a\n-b\n", []],
  ["a new file", "@@ -0,0 +1,2 @@\n+a\n+b\n", [[1, 2]]],
  ["counts of one are left out", "@@ -1 +1 @@\n-a\n+b\n", [[1, 1]]],
  [
    "no line end at the end",
    "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
    [[1, 1]],
  ],
  ["lines that look like headers", "@@ -1,3 +1,3 @@\n a\n--- a/y\n+++ b/y\n diff --git a/z b/z\n", [[2, 2]]],
  [
    "two hunks",
    "@@ -1,2 +1,3 @@\n a\n+b\n c\n@@ -10,2 +11,2 @@ f()\n d\n-e\n+E\n",
    [
      [2, 2],
      [12, 12],
    ],
  ],
  ["a line of only CR", "@@ -1,2 +1,3 @@\n a\r\n+\r\n b\r\n", [[2, 2]]],
])("the changed lines of a diff: %s", (_, hunks, ranges) => {
  expect(read(HEAD + hunks)).toEqual([{ bytes: Buffer.byteLength(HEAD + hunks), binary: false, ranges }]);
});

test("a diff is read alike in whatever pieces it comes", () => {
  const text = `${HEAD}@@ -1,2 +1,3 @@\n a\n+é\n c\ndiff --git a/y b/y\nBinary files a/y and b/y differ\n`;
  const whole = read(text);
  expect(whole.map(({ binary, ranges }) => ({ binary, ranges }))).toEqual([
    { binary: false, ranges: [[2, 2]] },
    { binary: true, ranges: [] },
  ]);
  for (const size of [1, 2, 7, 50]) expect(read(text, size)).toEqual(whole);
});
