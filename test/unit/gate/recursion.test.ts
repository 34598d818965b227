import { expect, it } from "vitest";
import { refuseRecursion } from "../../../src/gate/recursion.ts";

it.each([
  ["CODEX_THREAD_ID", "01a1"],
  ["CODEX_SANDBOX", "seatbelt"],
  ["CODEX_SANDBOX_NETWORK_DISABLED", "1"],
  ["ASK_CODEX_RUN", "r-1"],
  ["CODEX_THREAD_ID", "0"],
])("%s=%s is inside Codex", (name, value) => {
  expect(() => refuseRecursion({ PATH: "/bin", [name]: value })).toThrow(
    expect.objectContaining({
      kind: "fatal",
      exitCode: 3,
      message: `this runs inside Codex (${name} is set), and Codex must not delegate to itself`,
      hint: expect.stringContaining("do the work here"),
    }),
  );
});

it.each<[string, NodeJS.ProcessEnv]>([
  ["nothing", {}],
  ["a shell", { PATH: "/bin", HOME: "/h" }],
  ["Claude Code", { CLAUDECODE: "1", CLAUDE_CODE_ENTRYPOINT: "cli" }],
  ["a Codex that is set up", { CODEX_HOME: "/c", CODEX_API_KEY: "k", CODEX_CI: "1", CODEX_MANAGED_BY_NPM: "1" }],
  ["our own settings", { ASK_CODEX_HOME: "/s", ASK_CODEX_BIN: "/b" }],
  ["an empty mark", { CODEX_THREAD_ID: "", ASK_CODEX_RUN: "" }],
  ["an unset mark", { CODEX_THREAD_ID: undefined }],
])("%s is not", (_, env) => {
  expect(() => refuseRecursion(env)).not.toThrow();
});

it("names the first mark of several", () => {
  expect(() => refuseRecursion({ ASK_CODEX_RUN: "r-1", CODEX_THREAD_ID: "01a1" })).toThrow(
    /\(CODEX_THREAD_ID is set\)/,
  );
});
