import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ASK_TOOL, planAnswer, planError } from "../../../../src/engine/app-server/answer-request.ts";
import { RpcError } from "../../../../src/rpc/connection.ts";
import { codexBinary } from "../../../kit/lab.ts";

const CALL = { threadId: "t", turnId: "u", callId: "call_3", namespace: null };
const ask = (args: unknown, tool = "ask_caller") => planAnswer("item/tool/call", { ...CALL, tool, arguments: args });
const text = (words: string, success: boolean) => ({ contentItems: [{ type: "inputText", text: words }], success });

describe("what the app-server asks for", () => {
  it.each<[method: string, result: object]>([
    ["item/commandExecution/requestApproval", { decision: "decline" }],
    ["item/fileChange/requestApproval", { decision: "decline" }],
    ["applyPatchApproval", { decision: expect.anything() }],
    ["execCommandApproval", { decision: expect.anything() }],
    ["item/permissions/requestApproval", { permissions: {}, scope: "turn" }],
    ["mcpServer/elicitation/request", { action: "decline", content: null, _meta: null }],
  ])("%s is refused, whatever stands in it", (method, result) => {
    for (const params of [{}, undefined, { command: "rm -rf /", availableDecisions: ["accept"] }]) {
      const plan = planAnswer(method, params);
      expect(plan).toMatchObject({ kind: "reply", result });
      expect(JSON.stringify(plan)).not.toMatch(/accept|approved|allow|session|always/i);
    }
  });

  it.each(["account/chatgptAuthTokens/refresh", "attestation/generate", "something/new", "", "constructor"])(
    "%j gets an error, not silence",
    (method) => {
      const plan = planAnswer(method, {});
      expect(plan).toEqual({ kind: "error", code: -32601, message: `ask-codex does not answer ${method}` });
      if (plan.kind !== "error") return;
      expect(planError(plan)).toBeInstanceOf(RpcError);
      expect(planError(plan)).toMatchObject({ code: -32601, message: plan.message });
    },
  );

  it("is told the time in whole seconds", () => {
    const plan = planAnswer("currentTime/read", {});
    const result = plan.kind === "reply" ? z.object({ currentTimeAt: z.int() }).parse(plan.result) : undefined;
    expect(result?.currentTimeAt).toBeGreaterThan(1_600_000_000);
    expect(result?.currentTimeAt).toBeLessThan(100_000_000_000);
  });
});

describe("ask_caller", () => {
  it.each<[string, unknown, question: string, options: string[]]>([
    ["with options", { question: "Which?", options: ["a", "b"] }, "Which?", ["a", "b"]],
    ["without", { question: "Which?" }, "Which?", []],
    ["with null for none", { question: "Which?", options: null }, "Which?", []],
    ["with more than was asked for", { question: "Which?", options: [], why: "x" }, "Which?", []],
  ])("%s reaches the caller", (_, args, question, options) => {
    const plan = ask(args);
    expect(plan).toMatchObject({ kind: "ask", callId: "call_3", question, options });
    expect(plan.kind === "ask" && plan.reply("the second")).toEqual(text("the second", true));
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["no question", {}],
    ["an empty question", { question: "" }],
    ["a question that is no text", { question: 5 }],
    ["options that are no list", { question: "Which?", options: "a" }],
    ["options that are no texts", { question: "Which?", options: [1] }],
    ["a text instead of an object", '{"question":"Which?"}'],
  ])("called with %s is told what it needs", (_, args) => {
    const words = "ask_caller needs {question: string, options?: string[]}";
    expect(ask(args)).toEqual({ kind: "reply", result: text(words, false), said: words });
  });

  it("is the only tool there is", () => {
    for (const tool of ["shell", "ask_callers", "Ask_Caller", ""]) {
      expect(ask({ question: "Which?" }, tool)).toMatchObject({ result: text("there is no such tool", false) });
    }
  });

  it.each([undefined, null, {}, { tool: "ask_caller" }, { callId: 5, tool: "ask_caller" }])(
    "is answered in a call that is none: %j",
    (params) => {
      expect(planAnswer("item/tool/call", params)).toMatchObject({ kind: "reply", result: { success: false } });
    },
  );

  it("is offered with a schema that is one, and that its own arguments satisfy", () => {
    const validate = new Ajv().compile(ASK_TOOL.inputSchema);
    expect([{ question: "q" }, { question: "q", options: ["a"] }].map((args) => validate(args))).toEqual([true, true]);
    expect([{}, { question: 1 }, { question: "q", x: 1 }].map((args) => validate(args))).toEqual([false, false, false]);
  });
});

describe("a question of Codex's own", () => {
  const option = (label: string) => ({ label, description: "d" });
  const one = { id: "q1", header: "h", question: "Which colour?", options: [option("Blue"), option("Red")] };
  const two = { id: "q2", header: "h", question: "Which size?", options: null };

  it("reaches the caller, and the answer goes under its id", () => {
    const plan = planAnswer("item/tool/requestUserInput", { itemId: "i", isBlocking: true, questions: [one] });
    expect(plan).toMatchObject({
      kind: "ask",
      callId: "i",
      question: "Which colour?",
      options: ["Blue", "Red"],
    });
    expect(plan.kind === "ask" && plan.reply("Blue")).toEqual({ answers: { q1: { answers: ["Blue"] } } });
  });

  it("may be several in one, which get the same answer", () => {
    const plan = planAnswer("item/tool/requestUserInput", { itemId: "i", questions: [one, two] });
    expect(plan).toMatchObject({ question: "Which colour?\nWhich size?", options: ["Blue", "Red"] });
    expect(plan.kind === "ask" && plan.reply("Blue, large")).toEqual({
      answers: { q1: { answers: ["Blue, large"] }, q2: { answers: ["Blue, large"] } },
    });
  });

  it.each([{}, { itemId: "i", questions: [] }, { itemId: "i", questions: [{ id: "q1" }] }, null])(
    "that is none gets no answer: %j",
    (params) => {
      expect(planAnswer("item/tool/requestUserInput", params)).toMatchObject({
        kind: "reply",
        result: { answers: {} },
      });
    },
  );
});

describe("the installed Codex", () => {
  let dir: string;
  const schema = (name: string): unknown => JSON.parse(readFileSync(join(dir, `${name}.json`), "utf8"));

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "ask-codex unit-"));
    const env = { PATH: process.env.PATH, HOME: dir, CODEX_HOME: dir };
    execFileSync(codexBinary(), ["app-server", "generate-json-schema", "--experimental", "--out", dir], {
      env,
      stdio: "ignore",
    });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const Requests = z.object({
    oneOf: z.array(z.object({ properties: z.object({ method: z.object({ enum: z.tuple([z.string()]) }) }) })),
  });

  it("asks for nothing that was not thought of", () => {
    const methods = Requests.parse(schema("ServerRequest")).oneOf.map((row) => row.properties.method.enum[0]);
    expect(methods.sort()).toEqual([
      "account/chatgptAuthTokens/refresh",
      "applyPatchApproval",
      "attestation/generate",
      "currentTime/read",
      "execCommandApproval",
      "item/commandExecution/requestApproval",
      "item/fileChange/requestApproval",
      "item/permissions/requestApproval",
      "item/tool/call",
      "item/tool/requestUserInput",
      "mcpServer/elicitation/request",
    ]);
  });

  it.each([
    ["item/commandExecution/requestApproval", "CommandExecutionRequestApprovalResponse"],
    ["item/fileChange/requestApproval", "FileChangeRequestApprovalResponse"],
    ["item/permissions/requestApproval", "PermissionsRequestApprovalResponse"],
    ["mcpServer/elicitation/request", "McpServerElicitationRequestResponse"],
    ["currentTime/read", "CurrentTimeReadResponse"],
    ["item/tool/call", "DynamicToolCallResponse"],
    ["item/tool/requestUserInput", "ToolRequestUserInputResponse"],
  ])("takes our answer to %s", (method, name) => {
    const plan = planAnswer(method, {});
    const validate = new Ajv({ strict: false, logger: false }).compile(z.looseObject({}).parse(schema(name)));
    expect(plan.kind === "reply" && validate(plan.result), JSON.stringify(validate.errors)).toBe(true);
  });

  it("takes the caller's answers", () => {
    const ajv = new Ajv({ strict: false, logger: false });
    const plans = [
      ["DynamicToolCallResponse", ask({ question: "Which?" })],
      [
        "ToolRequestUserInputResponse",
        planAnswer("item/tool/requestUserInput", { itemId: "i", questions: [{ id: "q", question: "Which?" }] }),
      ],
    ] as const;
    for (const [name, plan] of plans) {
      const validate = ajv.compile(z.looseObject({}).parse(schema(name)));
      expect(plan.kind === "ask" && validate(plan.reply("that one")), name).toBe(true);
    }
  });
});
