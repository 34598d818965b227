import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import type { Check } from "../../../src/doctor/check.ts";
import { finding, ok } from "../../../src/doctor/check.ts";
import { runChecks } from "../../../src/doctor/run-checks.ts";
import { sampleWorld } from "./sample-world.ts";

const world = sampleWorld();
afterAll(() => rmSync(world.dir, { recursive: true }));

const check = (run: Check["run"]): Check => ({ id: "one", title: "One", run });

test.each<[string, Check["run"], string]>([
  [
    "throws",
    () => {
      throw new Error("the disk is gone");
    },
    "the disk is gone",
  ],
  ["rejects", () => Promise.reject(new Error("the disk is gone")), "the disk is gone"],
  ["hangs", () => new Promise(() => {}), "the check was not done after 0.02 s"],
])("a check that %s is a finding, and stops no other", async (_, run, detail) => {
  const seen = await runChecks([check(run), check(() => ok("well"))], world, 20);
  expect(seen).toMatchObject([
    { status: "fail", detail },
    { status: "ok", detail: "well" },
  ]);
});

test("a detail is one line, short, and without secrets; so is a cure", async () => {
  const key = `sk-proj-${"a1B2".repeat(12)}`;
  const [seen] = await runChecks(
    [check(() => finding("fail", `two\nlines \u001b[31m${key} ${"x".repeat(900)}`, `export KEY=${key}`))],
    world,
  );
  expect(seen?.detail).toMatch(/^two lines/);
  expect(seen?.detail.length).toBeLessThanOrEqual(300);
  expect(JSON.stringify(seen)).not.toContain(key);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is the point
  expect(seen?.detail).not.toMatch(/[\x00-\x1f]/);
});
