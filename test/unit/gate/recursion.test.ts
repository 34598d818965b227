import { expect, it } from "vitest";
import { insideCodex, surelyStarts } from "../../../src/gate/inside-codex.mjs";
import { refuseRecursion } from "../../../src/gate/recursion.ts";
import { RUN_MARKER } from "../../../src/sys/environment.ts";

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

it("knows our own mark of a run by its name", () => {
  expect(insideCodex({ [RUN_MARKER]: "r-1" })?.message).toContain(RUN_MARKER);
});

it.each<[script: string, argv: string[], starts: boolean]>([
  ["ask_codex", ["do it"], true],
  ["ask_codex", ["--session", "r-1", "go on"], true],
  ["ask_codex", ["--dry-run", "do it"], true],
  ["ask_codex", ["-"], true],
  ["ask_codex", ["--help"], false],
  ["ask_codex", ["-h"], false],
  ["ask_codex", ["--version"], false],
  ["ask_codex", ["--plan", "p.md", "--list-units"], false],
  ["ask_codex", ["--plan", "p.md", "--draft-packet=U1"], false],
  ["ask_codex", ["--json", "do it"], true],
  ["codex_broker", ["start", "do it"], true],
  ["codex_broker", ["send", "b-1", "go on"], true],
  ["codex_broker", ["answer", "b-1", "yes"], true],
  ["codex_broker", ["resume", "b-1"], true],
  ["codex_broker", ["start", "--help"], false],
  ["codex_broker", ["status", "b-1"], false],
  ["codex_broker", ["stop", "b-1"], false],
  ["codex_broker", ["list"], false],
  ["codex_broker", [], false],
  ["codex_runs", ["resume", "r-1"], true],
  ["codex_runs", ["wait", "r-1"], false],
  ["codex_runs", ["list"], false],
  ["broker_process", ["/records/r-1"], false],
  ["constructor", ["start"], false],
])("%s %j is sure to start something: %s", (script, argv, starts) => {
  expect(surelyStarts(script, argv)).toBe(starts);
});
