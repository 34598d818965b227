import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { messageOf } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import { redact } from "../../core/redact.ts";
import { type Connection, connect, RpcError } from "../../rpc/connection.ts";
import { codexEnvironment } from "../../sys/environment.ts";
import { makePrivateDir, writeNew } from "../../sys/files.ts";
import { spawnPiped } from "../../sys/spawn.ts";
import { stopProcesses } from "../../sys/stop-processes.ts";
import { goesWithin } from "../exit-error.ts";
import { appServerCommand } from "./command.ts";

/** With the start of Codex it takes 0.2 s. */
const IMPORT_MS = 20_000;
const GO_MS = 1_000;
const WHY_CHARS = 200;

const Imported = z.looseObject({
  itemTypeResults: z.array(
    z.looseObject({
      itemType: z.string(),
      successes: z.array(z.looseObject({ target: z.string().nullish() })).catch([]),
      failures: z.array(z.looseObject({ message: z.string() })).catch([]),
    }),
  ),
});

export interface ImportRequest {
  codex: { command: string; args: readonly string[] };
  /** The caller's environment. */
  env: NodeJS.ProcessEnv;
  /** Where Codex keeps its threads; its user's own. */
  codexHome: string;
  /** A directory that is not there yet, for the copy; it is removed again. */
  scratch: string;
  /** What its processes carry, by which they are found. */
  marker: string;
  cwd: string;
  /** The transcript, without its secrets. */
  text: string;
}

/**
 * Lets Codex import a transcript as a thread (`externalAgentConfig/import`, item type SESSIONS; 0.169.0). Codex takes only
 * files below `~/.claude/projects`, so that it gets a home of its own with nothing else in it: neither the user's
 * transcripts nor the settings, skills and rules beside them can go along. Never rejects for what Codex can't do.
 */
export async function importSession(request: ImportRequest): Promise<{ threadId: string } | { why: string }> {
  const { scratch, marker, codex, cwd, codexHome } = request;
  makePrivateDir(scratch);
  const projects = join(realpathSync(scratch), ".claude", "projects", "session");
  try {
    mkdirSync(projects, { recursive: true, mode: 0o700 });
    const path = join(projects, "session.jsonl");
    writeNew(path, request.text);
    const home = realpathSync(scratch);
    const env = { ...codexEnvironment(request.env, marker), HOME: home, USERPROFILE: home, CODEX_HOME: codexHome };
    return await withCodex(spawnPiped(appServerCommand(codex, cwd, env)), marker, { path, cwd });
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function withCodex(
  child: ReturnType<typeof spawnPiped>,
  marker: string,
  session: { path: string; cwd: string },
): Promise<{ threadId: string } | { why: string }> {
  let told: (params: unknown) => void = () => {};
  const completed = new Promise<unknown>((resolve) => {
    told = resolve;
  });
  const connection = connect({
    input: child.stdout,
    output: child.stdin,
    onNotification: (method, params) => {
      if (method === "externalAgentConfig/import/completed") told(params);
    },
  });
  const late = sleep(IMPORT_MS, { why: `it did not answer within ${IMPORT_MS / 1000} s` }, { ref: false });
  try {
    const gone = child.exited.then(() => ({ why: "it ended before it had answered" }));
    return await Promise.race([ask(connection, completed, session), gone, late]);
  } finally {
    connection.close();
    if (!(await goesWithin(child, GO_MS)))
      await stopProcesses({ markers: [marker], roots: child.pid === undefined ? [] : [child.pid] }, GO_MS);
  }
}

async function ask(
  connection: Connection,
  completed: Promise<unknown>,
  session: { path: string; cwd: string },
): Promise<{ threadId: string } | { why: string }> {
  try {
    const capabilities = { experimentalApi: true, requestAttestation: false };
    await connection.request("initialize", { clientInfo: { name: "ask-codex", version: "0" }, capabilities });
    connection.notify("initialized", {});
    await connection.request("externalAgentConfig/import", { migrationItems: [itemOf(session)], source: "ask-codex" });
    return resultOf(await completed);
  } catch (error) {
    if (error instanceof RpcError) return { why: said(`it knows no import of sessions (${error.message})`) };
    return { why: said(`it went away: ${messageOf(error)}`) };
  }
}

/** Only the session, and none of the other things that an import may bring. */
const itemOf = (session: { path: string; cwd: string }): object => ({
  itemType: "SESSIONS",
  description: "a session of Claude Code",
  cwd: null,
  details: {
    plugins: [],
    skills: [],
    sessions: [{ ...session, title: null }],
    mcpServers: [],
    hooks: [],
    subagents: [],
    commands: [],
  },
});

/** What the notification says of it: the thread, or why there is none. */
export function resultOf(params: unknown): { threadId: string } | { why: string } {
  const sessions = Imported.safeParse(params).data?.itemTypeResults.filter(({ itemType }) => itemType === "SESSIONS");
  if (!sessions) return { why: "it answered in a form that is not known" };
  const threadId = sessions.flatMap(({ successes }) => successes.flatMap(({ target }) => target ?? []))[0];
  if (threadId !== undefined) return { threadId };
  const failure = sessions.flatMap(({ failures }) => failures)[0];
  return { why: said(failure?.message ?? "it took nothing of it") };
}

const said = (text: string): string => redact(shortLine(text, WHY_CHARS));
