import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AskCodexError, EngineUnavailable } from "../../../../src/core/errors.ts";
import { ASK_TOOL } from "../../../../src/engine/app-server/answer-request.ts";
import { openThread, threadParams } from "../../../../src/engine/app-server/open-thread.ts";
import type { Policy } from "../../../../src/policy/plan-policy.ts";
import { type Connection, RpcError } from "../../../../src/rpc/connection.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { FULL_ACCESS, samplePolicy, sampleThread } from "../sample-thread.ts";

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
const OPENED = {
  thread: { id: "01a1" },
  model: "gpt-5.5",
  reasoningEffort: "low",
  activePermissionProfile: { id: "ask_codex_r_1" },
};
const sandboxed = (type: string) => ({ thread: { id: "01a1" }, sandbox: { type }, activePermissionProfile: null });
const OPEN_SANDBOX = sandboxed("dangerFullAccess");
const READING = samplePolicy({ legacy: { mode: "read-only", settings: {} } });

describe("the parameters of a thread", () => {
  const CONFIG = {
    shell_environment_policy: { inherit: "all", set: { ASK_CODEX_RUN: "r-1" } },
    projects: { "/w": { trust_level: "untrusted" } },
  };
  const PROFILE = {
    "permissions.ask_codex_r_1": {
      filesystem: { ":root": "read", ":project_roots": { ".": "write" }, "/state": "deny" },
      network: { enabled: false },
    },
    default_permissions: "ask_codex_r_1",
  };

  it("of a new one: the profile, no approvals, our tool", () => {
    expect(threadParams(sampleThread({}), true)).toEqual({
      cwd: "/w",
      approvalPolicy: "never",
      config: { ...CONFIG, ...PROFILE },
      permissions: "ask_codex_r_1",
      dynamicTools: [ASK_TOOL],
    });
  });

  it("of Codex's own reviewer: its effort and its model, what the model says as it is, and no tool to ask with", () => {
    const asked = { reviewing: { reasoning: "high" }, unasked: true, model: "gpt-5.5" };
    expect(threadParams(sampleThread(asked), true)).toMatchObject({
      config: { model_reasoning_effort: "high", review_model: "gpt-5.5" },
      experimentalRawEvents: true,
      dynamicTools: [],
    });
  });

  it("of one that goes on: the same power again, its own id, no old turns", () => {
    expect(threadParams(sampleThread({ threadId: "01a1", model: "gpt-5.5" }), true)).toEqual({
      cwd: "/w",
      approvalPolicy: "never",
      config: { ...CONFIG, ...PROFILE },
      permissions: "ask_codex_r_1",
      model: "gpt-5.5",
      threadId: "01a1",
      excludeTurns: true,
    });
  });

  it.each([undefined, "01a1"])("of a Codex without profiles: the mode and its settings (thread %s)", (threadId) => {
    const params = threadParams(sampleThread(threadId === undefined ? {} : { threadId }), false);
    expect(params).toMatchObject({
      sandbox: "workspace-write",
      approvalPolicy: "never",
      config: { ...CONFIG, sandbox_workspace_write: { writable_roots: ["/w"], network_access: false } },
    });
    expect(JSON.stringify(params)).not.toContain("ermissions");
  });

  it.each([true, false])("of one with full access: the old word, and no profile (profiles known: %s)", (profiles) => {
    const params = threadParams(sampleThread({ policy: FULL_ACCESS }), profiles);
    expect(params).toMatchObject({ sandbox: "danger-full-access", approvalPolicy: "never", config: CONFIG });
    expect(JSON.stringify(params)).not.toContain("ermissions");
  });

  it("never have a mode beside a profile: the older key would win", () => {
    const params = threadParams(sampleThread({}), true);
    expect(JSON.stringify(params)).not.toContain("sandbox");
  });

  it.each([
    ["an unknown directory is not to be trusted for it", '[projects."/other"]\ntrust_level = "trusted"\n', true],
    ["what the user has stored stays", '[projects."/w"]\ntrust_level = "trusted"\n', false],
  ])("%s", (_, toml, overridden) => {
    const home = tempDir();
    writeFileSync(join(home, "config.toml"), toml);
    const params = threadParams(sampleThread({ env: { CODEX_HOME: home } }), true);
    expect("projects" in Object(params.config)).toBe(overridden);
  });

  it("look for the user's configuration in the home where CODEX_HOME is not set", () => {
    const home = tempDir();
    mkdirSync(join(home, ".codex"));
    writeFileSync(join(home, ".codex", "config.toml"), '[projects."/w"]\ntrust_level = "trusted"\n');
    const params = threadParams(sampleThread({ env: { HOME: home } }), true);
    expect("projects" in Object(params.config)).toBe(false);
  });
});

describe("opening a thread", () => {
  it.each([
    [undefined, "thread/start"],
    ["01a1", "thread/resume"],
  ])("with the id %s is %s", async (threadId, method) => {
    const connection = answering(OPENED);
    const opened = await openThread(connection, sampleThread(threadId === undefined ? {} : { threadId }), true);
    expect(connection.asked).toEqual([method]);
    expect(opened).toEqual({ threadId: "01a1", model: "gpt-5.5", effort: "low", profile: "ask_codex_r_1" });
  });

  it.each([true, false])("with full access has no profile (profiles known: %s)", async (profiles) => {
    const request = sampleThread({ policy: FULL_ACCESS });
    expect(await openThread(answering(OPEN_SANDBOX), request, profiles)).toEqual({ threadId: "01a1" });
  });

  it.each<[Policy["legacy"]["mode"], string]>([
    ["read-only", "readOnly"],
    ["workspace-write", "workspaceWrite"],
  ])("without profiles is content with the mode %s as %s", async (mode, type) => {
    const request = sampleThread({ policy: samplePolicy({ legacy: { mode, settings: {} } }) });
    expect(await openThread(answering(sandboxed(type)), request, false)).toEqual({ threadId: "01a1" });
  });

  it.each<[string, answer: object, policy: Policy, profiles: boolean]>([
    ["another profile", { ...OPENED, activePermissionProfile: { id: ":workspace" } }, samplePolicy(), true],
    ["the profile of another run", OPENED, samplePolicy({ name: "ask_codex_r_2" }), true],
    ["no profile", { ...OPENED, activePermissionProfile: null }, samplePolicy(), true],
    ["nothing said of it", { thread: { id: "01a1" } }, samplePolicy(), true],
    ["all power, though it was given a profile", OPEN_SANDBOX, samplePolicy(), true],
    ["only the mode, though it was given a profile", sandboxed("workspaceWrite"), samplePolicy(), true],
    ["a sandbox, though it was given all power", OPENED, FULL_ACCESS, true],
    ["a wider mode than the one it was given", sandboxed("workspaceWrite"), READING, false],
    ["all power, though it was given a mode", OPEN_SANDBOX, samplePolicy(), false],
    ["less, though it was given a mode", sandboxed("readOnly"), samplePolicy(), false],
    ["a mode that nobody has heard of", sandboxed("externalSandbox"), samplePolicy(), false],
    ["nothing said of the mode", { thread: { id: "01a1" } }, samplePolicy(), false],
  ])("is fatal when Codex has %s", async (_, answer, policy, profiles) => {
    const opening = openThread(answering(answer), sampleThread({ policy }), profiles);
    await expect(opening).rejects.toMatchObject({
      kind: "fatal",
      message: expect.stringContaining("did not take the power of the run"),
    });
  });

  it.each<[string, string]>([
    ["thread 01a1 already has an active writer", "refused"],
    ["thread/resume failed: failed to read session metadata: rollout at /h/rollout-01a1.jsonl is empty", "fatal"],
    ["thread/resume failed: no rollout found for thread id 01a1", "fatal"],
    ["sandbox helper failed: bwrap: No permissions to create new namespace", "fatal"],
  ])("says what %j means", async (message, kind) => {
    const failure = new RpcError(-32600, message);
    const opening = openThread(answering(failure), sampleThread({ threadId: "01a1" }), true);
    await expect(opening).rejects.toBeInstanceOf(AskCodexError);
    await expect(opening).rejects.toMatchObject({ kind, hint: expect.stringMatching(/\w/) });
  });

  it.each<[string, unknown]>([
    ["a method that an older one does not have", new RpcError(-32600, "unknown variant `thread/start`")],
    ["an answer that nobody understands", { ok: true }],
    ["no answer", undefined],
  ])("leaves it to the other engine on %s", async (_, answer) => {
    await expect(openThread(answering(answer), sampleThread({}), true)).rejects.toBeInstanceOf(EngineUnavailable);
  });

  it("passes on that Codex is gone", async () => {
    const gone = new AskCodexError("killed", "the peer closed the connection");
    await expect(openThread(answering(gone), sampleThread({}), true)).rejects.toBe(gone);
  });
});
