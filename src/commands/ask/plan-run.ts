import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Io } from "../../cli/define.ts";
import { errorCode, usageError } from "../../core/errors.ts";
import { newBrokerId, newRunId } from "../../core/ids.ts";
import type { Packet } from "../../core/packet.ts";
import type { SessionRecord } from "../../core/record.ts";
import { redact } from "../../core/redact.ts";
import { ASKING_ENGINES, type Power, type RunRequest } from "../../core/request.ts";
import { lintPacket } from "../../packet/lint.ts";
import { parseEntryFile } from "../../packet/parse-entry-file.ts";
import { buildFollowUp, buildPrompt } from "../../packet/prompt.ts";
import type { Role } from "../../packet/role.ts";
import { findRole } from "../../packet/roles/index.ts";
import { readWorkspaceFacts } from "../../packet/workspace-facts.ts";
import { fileReason } from "../../sys/files.ts";
import { currentOwner } from "../../sys/owner.ts";
import { findGitRoot, socketPath } from "../../sys/paths.ts";
import type { AskFlags } from "./flags.ts";
import { pinToSession } from "./pin-to-session.ts";

const DEFAULT_TIMEOUT_S = 600;
const DEFAULT_IDLE_S = 180;
const DEFAULT_HOLD_S = 900;

export interface PlanInput {
  flags: AskFlags;
  goal: string;
  home: string;
  session: SessionRecord | undefined;
  codex: RunRequest["codex"];
  now: Date;
}

/** Makes the whole request of a run from flags and world, or says what is wrong with them. Writes and starts nothing. */
export async function planRun(input: PlanInput, io: Io): Promise<RunRequest> {
  const { flags, goal, home, session, now } = input;
  if (flags.quiet && flags.verbose) throw usageError("--quiet and --verbose contradict each other", "give one of them");
  const { callerDir, workspace, git } = locate(flags.workspace, io.cwd);
  const role = findRole(roleWord(flags, session));
  const power = powerOf(flags, role);
  const pinned = pinToSession({ session, flags, workspace, power });
  const packet: Packet = { version: 1, goal, role: role.name, files: (flags.file ?? []).map(parseEntryFile) };
  const facts = await readWorkspaceFacts({ workspace: pinned.workspace, callerDir, git, files: packet.files });
  const schema = flags.schema === undefined ? undefined : await readSchema(resolve(io.cwd, flags.schema));
  const engine = flags.engine ?? session?.engine ?? "app-server";
  const about = { packet, facts, schema: schema !== undefined, askTool: ASKING_ENGINES.includes(engine) };
  const whole = session ? buildFollowUp(about) : buildPrompt({ ...about, role, power: pinned.power });
  const prompt = redact(whole);
  const warnings = lint({ goal, prompt: whole, role, followUp: session !== undefined }, flags.strict ?? false);
  if (prompt !== whole) warnings.push("something that looks like a secret was taken out of the prompt");
  const model = flags.model ?? session?.model ?? undefined;
  const reasoning = flags.reasoning ?? session?.reasoning ?? role.reasoning;
  const runId = newRunId(now);
  return {
    version: 1,
    runId,
    brokerId: session?.broker_id ?? newBrokerId(now),
    createdAt: now.toISOString(),
    starter: currentOwner(),
    workspace: pinned.workspace,
    git,
    packet: { ...packet, goal: redact(goal) },
    prompt,
    power: pinned.power,
    limits: {
      totalMs: Math.round((flags.timeout ?? DEFAULT_TIMEOUT_S) * 1000),
      idleMs: Math.round((flags["idle-timeout"] ?? DEFAULT_IDLE_S) * 1000),
      maxSteps: flags["max-steps"] ?? 0,
      holdMs: holdMs(io.env.ASK_CODEX_QUESTION_TIMEOUT),
    },
    engine,
    enginePinned: flags.engine !== undefined,
    ...(model === undefined ? {} : { model }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(session?.session_id ? { threadId: session.session_id } : {}),
    ...(schema === undefined ? {} : { schema }),
    ...(flags.output === undefined ? {} : { output: checkOutput(resolve(io.cwd, flags.output)) }),
    codex: input.codex,
    socket: socketPath(home, runId),
    warnings,
  };
}

/** How long a question keeps its turn open: 15 minutes, or the seconds that ASK_CODEX_QUESTION_TIMEOUT says. */
function holdMs(named: string | undefined): number {
  if (named === undefined || named === "") return DEFAULT_HOLD_S * 1000;
  const held = Number(named);
  if (!Number.isFinite(held) || held <= 0 || held > 86_400)
    throw usageError(`ASK_CODEX_QUESTION_TIMEOUT is ${named}, not a number of seconds up to a day`, "unset it for 900");
  return Math.round(held * 1000);
}

/** The directory that the caller means, and its git root as the workspace. */
function locate(named: string | undefined, cwd: string): { callerDir: string; workspace: string; git: boolean } {
  const dir = resolve(cwd, named ?? ".");
  let callerDir: string;
  try {
    callerDir = realpathSync(dir);
    if (!statSync(callerDir).isDirectory())
      throw usageError(`can't work in ${dir}: it is a file`, "name a directory with --workspace");
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`can't work in ${dir}: ${fileReason(error)}`, "name a directory with --workspace");
  }
  const root = findGitRoot(callerDir);
  return { callerDir, workspace: root ?? callerDir, git: root !== undefined };
}

function roleWord(flags: AskFlags, session: SessionRecord | undefined): string {
  if (!flags["read-only"]) return flags.role ?? session?.role ?? "writer";
  if (flags.role !== undefined && findRole(flags.role).name !== "scout") {
    throw usageError(`--read-only is the role scout, but --role says ${flags.role}`, "give one of them");
  }
  return "scout";
}

function powerOf(flags: AskFlags, role: Role): Power {
  if (flags["read-only"] && flags.sandbox !== undefined && flags.sandbox !== "read-only") {
    throw usageError(`--read-only and --sandbox ${flags.sandbox} contradict each other`, "give one of them");
  }
  const writes = { "read-only": "none", "workspace-write": "workspace", "danger-full-access": "everything" } as const;
  const byRole = role.power === "write" ? "workspace" : "none";
  return {
    write: flags.sandbox === undefined ? byRole : writes[flags.sandbox],
    network: flags.sandbox === "danger-full-access" || (flags.network ?? false),
  };
}

/** The warnings about a goal, or about the answer to a question; what must not go to a model is refused. */
export function lint(input: Parameters<typeof lintPacket>[0], strict: boolean): string[] {
  const findings = lintPacket(input);
  const refused = findings.find((finding) => finding.refuse || strict);
  if (refused) throw usageError(refused.message, refused.refuse ? undefined : "leave --strict out to run all the same");
  return findings.map((finding) => finding.message);
}

async function readSchema(path: string): Promise<unknown> {
  let schema: unknown;
  try {
    schema = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw usageError(`the schema ${path} can't be used: ${fileReason(error)}`, "name a file that holds a JSON Schema");
  }
  // Loaded only here: most runs have no schema.
  const { compileSchema } = await import("../../run/check-schema.ts");
  compileSchema(schema, path);
  return schema;
}

/**
 * The answer is written when all is over; that it can be is checked before anything starts. What is there is replaced
 * as a whole, so a device (`/dev/null`) is refused, and a link means the file that it leads to now.
 */
function checkOutput(path: string): string {
  const hint = "name a file in a directory that exists";
  try {
    const dir = realpathSync(dirname(path));
    if (!statSync(dir).isDirectory()) throw usageError(`--output ${path} can't be written: ${dir} is a file`, hint);
    accessSync(dir, constants.W_OK);
    if (!existsSync(path)) return join(dir, basename(path));
    const real = realpathSync(path);
    if (!statSync(real).isFile()) throw usageError(`--output ${path} can't be written: it is not a file`, hint);
    accessSync(real, constants.W_OK);
    return real;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`--output ${path} can't be written: ${fileReason(error)}`, hint);
  }
}
