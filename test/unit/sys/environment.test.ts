import { describe, expect, it } from "vitest";
import { checksMarker, codexEnvironment, gitEnvironment, RUN_MARKER } from "../../../src/sys/environment.ts";

describe("what Codex gets", () => {
  const kept = (name: string) => name in codexEnvironment({ [name]: "v" }, "r-1");

  it.each([
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CONFIG_DIR",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "AI_AGENT",
    "GIT_EDITOR",
    "COREPACK_ENABLE_AUTO_PIN",
    "ASK_CODEX_HOME",
    "ASK_CODEX_BIN",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
  ])("no %s", (name) => {
    expect(kept(name)).toBe(false);
  });

  it.each([
    "PATH",
    "HOME",
    "CODEX_HOME",
    "CODEX_API_KEY",
    "OPENAI_API_KEY",
    "MY_PROVIDER_KEY",
    "HTTPS_PROXY",
    "AI_AGENT_NAME",
    "MY_CLAUDE",
    "GIT_AUTHOR_NAME",
    "GIT_SSH_COMMAND",
    "GIT_DIRECTORY",
  ])("%s", (name) => {
    expect(kept(name)).toBe(true);
  });

  it("carries the mark of its own run, whatever the caller had", () => {
    expect(codexEnvironment({ [RUN_MARKER]: "r-other", A: "1" }, "r-1")).toEqual({ A: "1", ASK_CODEX_RUN: "r-1" });
  });

  it("has what the caller named, and nothing of its kind besides", () => {
    const env = { ANTHROPIC_API_KEY: "a", ANTHROPIC_BASE_URL: "b", GIT_DIR: "c", A: "1" };
    expect(codexEnvironment(env, "r-1", ["ANTHROPIC_API_KEY", "NOT_SET"])).toEqual({
      ANTHROPIC_API_KEY: "a",
      A: "1",
      ASK_CODEX_RUN: "r-1",
    });
  });

  it("carries the mark of its own run even where the caller names it", () => {
    expect(codexEnvironment({ [RUN_MARKER]: "r-other" }, "r-1", [RUN_MARKER])).toEqual({ ASK_CODEX_RUN: "r-1" });
  });

  it("leaves the caller's environment alone", () => {
    const env = { CLAUDECODE: "1" };
    codexEnvironment(env, "r-1");
    gitEnvironment(env);
    expect(env).toEqual({ CLAUDECODE: "1" });
  });
});

it("the mark of our checks is not the run's, whose sweep would end them", () => {
  expect(checksMarker("r-1")).not.toBe("r-1");
  expect(checksMarker("r-1")).not.toBe(checksMarker("r-2"));
});

describe("what our git gets", () => {
  it("is nothing that moves the repository or runs a program, and English without prompts", () => {
    const env = {
      PATH: "/bin",
      HOME: "/h",
      GIT_DIR: "/elsewhere",
      GIT_INDEX_FILE: "/elsewhere/index",
      GIT_EXTERNAL_DIFF: "evil",
      GIT_CONFIG_PARAMETERS: "'core.fsmonitor'='evil'",
      GIT_TRACE: "1",
      LC_ALL: "de_DE.UTF-8",
      LANG: "de_DE.UTF-8",
    };
    expect(gitEnvironment(env)).toEqual({
      PATH: "/bin",
      HOME: "/h",
      LANG: "de_DE.UTF-8",
      LC_ALL: "C",
      GIT_TERMINAL_PROMPT: "0",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_ALLOW_PROTOCOL: "",
    });
  });
});
