import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AskCodexError, EngineUnavailable } from "../../../../src/core/errors.ts";
import { ASK_TOOL } from "../../../../src/engine/app-server/answer-request.ts";
import { openThread, threadParams } from "../../../../src/engine/app-server/open-thread.ts";
import { type Connection, RpcError } from "../../../../src/rpc/connection.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { sampleTurn } from "../sample-turn.ts";

/** A connection whose peer answers everything with the same. */
const answering = (answer: unknown): Connection & { asked: unknown[] } => {
  const asked: unknown[] = [];
  return {
    asked,
    request: (method) => {
      asked.push(method);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    notify() {},
    backlog: 0,
    closed: false,
    close() {},
  };
};
const OPENED = { thread: { id: "01a1" }, model: "gpt-5.5", activePermissionProfile: { id: "ask_codex" } };
const OPEN_SANDBOX = { thread: { id: "01a1" }, sandbox: { type: "dangerFullAccess" }, activePermissionProfile: null };

describe("the parameters of a thread", () => {
  const CONFIG = {
    shell_environment_policy: { inherit: "all", ignore_default_excludes: false, set: { ASK_CODEX_RUN: "r-1" } },
    projects: { "/w": { trust_level: "untrusted" } },
  };
  const PROFILE = {
    "permissions.ask_codex": {
      filesystem: { ":root": "read", ":project_roots": { ".": "read" }, "/state": "read" },
      network: { enabled: false },
    },
    default_permissions: "ask_codex",
  };
  const reading = { power: { write: "none", network: false } } as const;

  it("of a new one: the profile, no approvals, our tool", () => {
    expect(threadParams(sampleTurn(reading))).toEqual({
      cwd: "/w",
      approvalPolicy: "never",
      config: { ...CONFIG, ...PROFILE },
      permissions: "ask_codex",
      dynamicTools: [ASK_TOOL],
    });
  });

  it("of one that goes on: the same power again, its own id, no old turns", () => {
    expect(threadParams(sampleTurn({ ...reading, threadId: "01a1", model: "gpt-5.5" }))).toEqual({
      cwd: "/w",
      approvalPolicy: "never",
      config: { ...CONFIG, ...PROFILE },
      permissions: "ask_codex",
      model: "gpt-5.5",
      threadId: "01a1",
      excludeTurns: true,
    });
  });

  it("of one with all power: the old word, and no profile beside it", () => {
    const params = threadParams(sampleTurn({ power: { write: "everything", network: true } }));
    expect(params).toMatchObject({ sandbox: "danger-full-access", approvalPolicy: "never", config: CONFIG });
    expect(JSON.stringify(params)).not.toContain("ermissions");
  });

  it.each([
    ["an unknown directory is not to be trusted for it", '[projects."/other"]\ntrust_level = "trusted"\n', true],
    ["what the user has stored stays", '[projects."/w"]\ntrust_level = "trusted"\n', false],
  ])("%s", (_, toml, overridden) => {
    const home = tempDir();
    writeFileSync(join(home, "config.toml"), toml);
    const params = threadParams(sampleTurn({ env: { CODEX_HOME: home } }));
    expect("projects" in Object(params.config)).toBe(overridden);
  });

  it("look for the user's configuration in the home where CODEX_HOME is not set", () => {
    const home = tempDir();
    mkdirSync(join(home, ".codex"));
    writeFileSync(join(home, ".codex", "config.toml"), '[projects."/w"]\ntrust_level = "trusted"\n');
    expect("projects" in Object(threadParams(sampleTurn({ env: { HOME: home } })).config)).toBe(false);
  });
});

describe("opening a thread", () => {
  it.each([
    [undefined, "thread/start"],
    ["01a1", "thread/resume"],
  ])("with the id %s is %s", async (threadId, method) => {
    const connection = answering(OPENED);
    const opened = await openThread(connection, sampleTurn(threadId === undefined ? {} : { threadId }));
    expect(connection.asked).toEqual([method]);
    expect(opened).toEqual({ threadId: "01a1", model: "gpt-5.5", profile: "ask_codex" });
  });

  it("with all power has no profile", async () => {
    const request = sampleTurn({ power: { write: "everything", network: true } });
    expect(await openThread(answering(OPEN_SANDBOX), request)).toEqual({ threadId: "01a1" });
  });

  it.each<[string, object, "none" | "everything"]>([
    ["another profile", { ...OPENED, activePermissionProfile: { id: ":workspace" } }, "none"],
    ["no profile", { ...OPENED, activePermissionProfile: null }, "none"],
    ["nothing said of it", { thread: { id: "01a1" } }, "none"],
    ["all power, though it was given a profile", OPEN_SANDBOX, "none"],
    ["a sandbox, though it was given all power", OPENED, "everything"],
  ])("is fatal when Codex has %s", async (_, answer, write) => {
    const opening = openThread(answering(answer), sampleTurn({ power: { write, network: false } }));
    await expect(opening).rejects.toMatchObject({ kind: "fatal", message: expect.stringContaining("profile") });
  });

  it.each<[string, string]>([
    ["thread 01a1 already has an active writer", "refused"],
    ["thread/resume failed: no rollout found for thread id 01a1", "fatal"],
  ])("says what %j means", async (message, kind) => {
    const opening = openThread(answering(new RpcError(-32600, message)), sampleTurn({ threadId: "01a1" }));
    await expect(opening).rejects.toBeInstanceOf(AskCodexError);
    await expect(opening).rejects.toMatchObject({ kind, hint: expect.stringMatching(/\w/) });
  });

  it.each<[string, unknown]>([
    ["a method that an older one does not have", new RpcError(-32600, "unknown variant `thread/start`")],
    ["an answer that nobody understands", { ok: true }],
    ["no answer", undefined],
  ])("leaves it to the other engine on %s", async (_, answer) => {
    await expect(openThread(answering(answer), sampleTurn({}))).rejects.toBeInstanceOf(EngineUnavailable);
  });

  it("passes on that Codex is gone", async () => {
    const gone = new AskCodexError("killed", "the peer closed the connection");
    await expect(openThread(answering(gone), sampleTurn({}))).rejects.toBe(gone);
  });
});
