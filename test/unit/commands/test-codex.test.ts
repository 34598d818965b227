import { expect, test, vi } from "vitest";
import { testCodex } from "../../../src/commands/doctor/test-codex.ts";
import type { SelfTestResult } from "../../../src/doctor/self-test/result.ts";
import { sampleIo } from "../cli/sample-command.ts";

// The facts take a real Codex half a minute; how they are shown does not depend on it.
vi.mock("../../../src/doctor/self-test/self-test.ts", () => ({
  selfTest: async (): Promise<Pick<SelfTestResult, "codex" | "facts" | "ok" | "elapsed_ms">> => ({
    codex: { version: "1.2.3", path: "/opt/codex" },
    facts: [
      { id: "a.b", claim: "It works.", holds: true, saw: "it did", matters: "told", whenNot: "do without", ms: 1 },
    ],
    ok: true,
    elapsed_ms: 1,
  }),
}));

test.each([
  ["C", "+ a.b"],
  ["C.UTF-8", "✓ a.b"],
])("the self-test's table has signs that the terminal can show (%s)", async (locale, line) => {
  const io = sampleIo(["--self-test"], { env: { LC_ALL: locale } });
  expect(await testCodex({}, io)).toBe(0);
  expect(io.out()).toContain(line);
});
