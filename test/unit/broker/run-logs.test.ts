import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openRunLogs } from "../../../src/broker/run-logs.ts";
import { tempDir } from "../sys/temp-dir.ts";

const SECRET = `ghp_${"aB3dE5gH7j".repeat(4)}`;
const KEY = ["-----BEGIN ", "PRIVATE KEY-----\n", `${"Zx9".repeat(20)}\n`, "-----END ", "PRIVATE KEY-----\n"];

it.each([1, 7, 1000])("what Codex says on stderr has no secret, in pieces of %d characters", (size) => {
  const dir = tempDir();
  const logs = openRunLogs(dir);
  const text = `one\n\u001b[31muse ${SECRET} now\u001b[0m\n${KEY.join("")}two\nlast ${SECRET}`;
  for (let at = 0; at < text.length; at += size) logs.stderr.write(text.slice(at, at + size));
  logs.close();
  const kept = readFileSync(join(dir, "stderr.log"), "utf8");
  expect(kept).not.toContain("aB3dE5gH7j");
  expect(kept).not.toContain("Zx9Zx9");
  expect(kept).toBe(
    "one\nuse [redacted:github-token] now\n[redacted:private-key]\ntwo\nlast [redacted:github-token]\n",
  );
});

it("a line is there as soon as it is whole", () => {
  const dir = tempDir();
  const logs = openRunLogs(dir);
  logs.stderr.write("one\ntw");
  expect(readFileSync(join(dir, "stderr.log"), "utf8")).toBe("one\n");
  logs.close();
  expect(readFileSync(join(dir, "stderr.log"), "utf8")).toBe("one\ntw\n");
});
