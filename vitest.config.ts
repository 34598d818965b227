import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real processes on two cores: a test that hangs must end, a slow one must not.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Most of a test is waiting for a process: more workers than cores are quicker.
    maxWorkers: 3,
    globalSetup: ["test/kit/global-setup.ts"],
  },
});
