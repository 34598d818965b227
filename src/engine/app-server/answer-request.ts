import * as z from "zod";
import { RpcError } from "../../rpc/connection.ts";

/** The tool through which the model asks whoever delegated the work. */
export const ASK_TOOL = {
  type: "function",
  name: "ask_caller",
  description:
    "Ask the caller who gave you this task. Use it when a decision is theirs to make and the task can't be finished well without it. The answer comes back as this tool's result, in the same turn.",
  inputSchema: {
    type: "object",
    properties: {
      question: { type: "string", description: "One clear question with the facts needed to answer it." },
      options: { type: "array", items: { type: "string" }, description: "Possible answers, best first." },
    },
    required: ["question"],
    additionalProperties: false,
  },
} as const;

const ToolCall = z.looseObject({ callId: z.string(), tool: z.string(), arguments: z.unknown().optional() });
const Asked = z.looseObject({ question: z.string().min(1), options: z.array(z.string()).nullish() });
const UserInput = z.looseObject({
  itemId: z.string(),
  questions: z.array(
    z.looseObject({
      id: z.string(),
      question: z.string(),
      options: z.array(z.looseObject({ label: z.string() })).nullish(),
    }),
  ),
});

/** What a request of the app-server comes to: a question for the caller, or an answer at once. */
export type RequestPlan =
  | { kind: "ask"; callId: string; question: string; options: string[]; reply: (answer: string) => unknown }
  | { kind: "reply"; result: unknown; said: string }
  | { kind: "error"; code: number; message: string };

/**
 * Plans the answer to every request the app-server can make (its ServerRequest union, 0.169.0; an unanswered one
 * stalls the turn). Never with more power: approvals are declined, elicitations too; only questions reach the caller.
 */
export function planAnswer(method: string, params: unknown): RequestPlan {
  switch (method) {
    case "item/tool/call":
      return planToolCall(params);
    case "item/tool/requestUserInput":
      return planUserInput(params);
    case "item/commandExecution/requestApproval":
    case "item/fileChange/requestApproval":
      return { kind: "reply", result: { decision: "decline" }, said: "declined" };
    case "applyPatchApproval":
    case "execCommandApproval":
      return { kind: "reply", result: { decision: { denied: { rejection: "declined by policy" } } }, said: "denied" };
    case "item/permissions/requestApproval":
      return { kind: "reply", result: { permissions: {}, scope: "turn" }, said: "granted nothing" };
    case "mcpServer/elicitation/request":
      return { kind: "reply", result: { action: "decline", content: null, _meta: null }, said: "declined" };
    case "currentTime/read":
      return { kind: "reply", result: { currentTimeAt: Math.floor(Date.now() / 1000) }, said: "told the time" };
    default:
      return { kind: "error", code: -32601, message: `ask-codex does not answer ${method}` };
  }
}

function planToolCall(params: unknown): RequestPlan {
  const call = ToolCall.safeParse(params).data;
  const asked = call?.tool === ASK_TOOL.name ? Asked.safeParse(call.arguments).data : undefined;
  if (!call || !asked) {
    const text =
      call?.tool === ASK_TOOL.name
        ? "ask_caller needs {question: string, options?: string[]}"
        : "there is no such tool";
    return { kind: "reply", result: toolResult(text, false), said: text };
  }
  return {
    kind: "ask",
    callId: call.callId,
    question: asked.question,
    options: asked.options ?? [],
    reply: (answer) => toolResult(answer, true),
  };
}

function planUserInput(params: unknown): RequestPlan {
  const input = UserInput.safeParse(params).data;
  if (!input || input.questions.length === 0) return { kind: "reply", result: { answers: {} }, said: "no answer" };
  return {
    kind: "ask",
    callId: input.itemId,
    question: input.questions.map((one) => one.question).join("\n"),
    options: input.questions.flatMap((one) => (one.options ?? []).map((option) => option.label)),
    reply: (answer) => ({ answers: Object.fromEntries(input.questions.map((one) => [one.id, { answers: [answer] }])) }),
  };
}

const toolResult = (text: string, success: boolean) => ({ contentItems: [{ type: "inputText", text }], success });

/** An error plan as the exception that the connection turns into a JSON-RPC error. */
export const planError = (plan: { code: number; message: string }): RpcError => new RpcError(plan.code, plan.message);
