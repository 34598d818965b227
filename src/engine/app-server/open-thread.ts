import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { AskCodexError, EngineUnavailable } from "../../core/errors.ts";
import { type Connection, RpcError } from "../../rpc/connection.ts";
import { codexHome } from "../../sys/user-home.ts";
import type { ThreadRequest } from "../engine.ts";
import { noSuchThread } from "../exit-error.ts";
import { isSandboxFailure, sandboxError } from "../sandbox-error.ts";
import { ASK_TOOL } from "./answer-request.ts";

const Opened = z.looseObject({
  thread: z.looseObject({ id: z.string() }),
  model: z.string().nullish(),
  reasoningEffort: z.string().nullish(),
  sandbox: z.looseObject({ type: z.string() }).nullish(),
  activePermissionProfile: z.looseObject({ id: z.string() }).nullish(),
});

export interface OpenThread {
  threadId: string;
  model?: string;
  /** How hard the model thinks where the turn does not say (0.169.0 answers with it). */
  effort?: string;
  profile?: string;
}

/**
 * Starts or resumes the thread with exactly the run's power, and makes sure that Codex says it has it. `profiles` is
 * whether this Codex knows permission profiles; without them the thread gets the strictest sandbox mode that fits.
 */
export async function openThread(
  connection: Connection,
  request: ThreadRequest,
  profiles: boolean,
): Promise<OpenThread> {
  const method = request.threadId === undefined ? "thread/start" : "thread/resume";
  const opened = await ask(connection, method, request, threadParams(request, profiles));
  const parsed = Opened.safeParse(opened);
  if (!parsed.success) throw new EngineUnavailable(`Codex answered ${method} in a form that is not known`);
  const { thread, model, reasoningEffort: effort, sandbox, activePermissionProfile } = parsed.data;
  checkPower(request, profiles, activePermissionProfile?.id, sandbox?.type);
  const profile = activePermissionProfile?.id;
  return {
    threadId: thread.id,
    ...(model ? { model } : {}),
    ...(effort ? { effort } : {}),
    ...(profile ? { profile } : {}),
  };
}

/** The parameters of thread/start and thread/resume (CODEX.md A); pure, so that a table can show them. */
export function threadParams(request: ThreadRequest, profiles: boolean): Record<string, unknown> {
  const { policy } = request;
  const profile = profiles ? policy.profile : null;
  return {
    cwd: request.cwd,
    approvalPolicy: "never",
    config: {
      shell_environment_policy: policy.shellEnvironment,
      ...trustOverride(request),
      ...reviewConfig(request),
      ...(profile === null
        ? { sandbox_workspace_write: policy.legacy.settings }
        : { [`permissions.${policy.name}`]: profile, default_permissions: policy.name }),
    },
    ...(profile === null ? { sandbox: policy.legacy.mode } : { permissions: policy.name }),
    ...(request.model === undefined ? {} : { model: request.model }),
    ...(request.reviewing === undefined ? {} : { experimentalRawEvents: true }),
    ...(request.threadId === undefined
      ? { dynamicTools: request.unasked === true ? [] : [ASK_TOOL] }
      : { threadId: request.threadId, excludeTurns: true }),
  };
}

/**
 * `review/start` takes neither model nor effort: the reviewer has the thread's effort (medium where none is said), and of
 * models the user's `review_model` before the thread's (0.169.0).
 */
const reviewConfig = ({ reviewing, model }: ThreadRequest): Record<string, unknown> =>
  reviewing === undefined
    ? {}
    : {
        ...(reviewing.reasoning === undefined ? {} : { model_reasoning_effort: reviewing.reasoning }),
        ...(model === undefined ? {} : { review_model: model }),
      };

/**
 * A thread that may write makes Codex store `trust_level = "trusted"` for the workspace in the user's config.toml
 * (measured on 0.169.0 with profiles too), and a later plain `codex exec` there would have more power. A level given
 * for this thread alone prevents that; one that the user has stored stays in force.
 */
function trustOverride(request: ThreadRequest): Record<string, unknown> {
  const home = codexHome(request.env);
  let config = "";
  try {
    config = readFileSync(join(home, "config.toml"), "utf8");
  } catch {
    // No config, so nothing is stored.
  }
  if (config.includes(`[projects.${JSON.stringify(request.cwd)}]`)) return {};
  return { projects: { [request.cwd]: { trust_level: "untrusted" } } };
}

const SANDBOX_TYPES = {
  "read-only": "readOnly",
  "workspace-write": "workspaceWrite",
  "danger-full-access": "dangerFullAccess",
} as const;

function checkPower(
  { policy }: ThreadRequest,
  profiles: boolean,
  profile: string | undefined,
  sandbox: string | undefined,
): void {
  const taken =
    profiles && policy.profile !== null ? profile === policy.name : sandbox === SANDBOX_TYPES[policy.legacy.mode];
  if (taken) return;
  throw new AskCodexError("fatal", `Codex did not take the power of the run (it has ${profile ?? sandbox ?? "none"})`, {
    hint: "update Codex: npm install -g @openai/codex",
  });
}

async function ask(
  connection: Connection,
  method: string,
  { adopted }: ThreadRequest,
  params: unknown,
): Promise<unknown> {
  try {
    return await connection.request(method, params);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (/already has an active writer/.test(error.message)) {
      throw new AskCodexError("refused", "the session is busy: another process is working in its thread", {
        hint: "wait for it, or cancel it",
        cause: error,
      });
    }
    // The second is a thread that Codex was killed over while it wrote its first line (0.169.0).
    if (/no rollout found|rollout at .* is empty/.test(error.message)) {
      throw noSuchThread(error.message, adopted);
    }
    if (isSandboxFailure(error.message)) throw sandboxError(error.message);
    // An older app-server knows other methods and fields (-32600, -32601, -32602); nothing was asked of a model yet.
    throw new EngineUnavailable(`${method}: ${error.message}`, { cause: error });
  }
}
