import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..", "..", "..", "src");

test("only one file knows what system it runs on, besides the start of every script: all others are told", () => {
  const asking = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .filter((name) => /process\.(platform|arch)\b|os\.platform\(/.test(readFileSync(join(SRC, name), "utf8")));
  expect(asking.sort()).toEqual([join("cli", "start.ts"), join("sys", "platform.ts")]);
});
