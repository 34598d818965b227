import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Owner } from "../core/request.ts";
import { learnSystemRoot } from "../core/system-tool.ts";
import { appServerCommand } from "../engine/app-server/command.ts";
import { codexEnvironment } from "../sys/environment.ts";
import { writeWhole } from "../sys/files.ts";
import { currentOwner, ownerOf } from "../sys/owner.ts";
import { homeOfRecord } from "../sys/paths.ts";
import { type PipedProcess, spawnPiped } from "../sys/spawn.ts";
import { mustWait, type StartRules } from "./wait-for-start.ts";
import type { Unattended } from "./wait-unattended.ts";

/**
 * The broker's first breath: starts Codex, claims the run or the session, and only then loads the rest, which takes as
 * long as Codex's own start. Nothing heavy may be imported here; the record is checked in full by `serve`.
 */
export async function boot(dir: string, env: NodeJS.ProcessEnv): Promise<void> {
  learnSystemRoot(env);
  const start = existsSync(join(dir, "brokers")) ? peekSession(dir) : peekRun(dir);
  if (!start) return;
  const waited = start.waits && (await waitFirst(dir, start, start.waits));
  if (waited?.how === "removed") return waited.wait.over();
  const codexEnv = codexEnvironment(env, start.marker, start.env);
  const isNow = waited === undefined || waited.how === "begun";
  const started =
    isNow && start.engine === "app-server"
      ? spawnPiped(appServerCommand(start.codex, start.workspace, codexEnv))
      : undefined;
  if (isNow) start.claim("running", ownerOfChild(started));
  const { serve } = await import("./serve.ts");
  await serve({ dir, env, codexEnv, started, waited });
}

/** A run that may have to wait is its broker's at once, and has no Codex before its time has come. */
async function waitFirst(dir: string, start: Start, { socket, ...rules }: Waits): Promise<Unattended> {
  start.claim("queued", undefined);
  const { waitUnattended } = await import("./wait-unattended.ts");
  return waitUnattended({ home: homeOfRecord(dir), dir, socket, rules });
}

interface Start {
  marker: string;
  env: string[];
  engine: string;
  workspace: string;
  codex: { command: string; args: string[] };
  /** What it must wait for before it begins, if anything. */
  waits?: Waits | undefined;
  /** Writes down whose it is now. */
  claim(state: "queued" | "running", codex: Owner | undefined): void;
}

type Waits = StartRules & { socket: string };

function peekRun(dir: string): Start | undefined {
  const request: unknown = JSON.parse(readFileSync(join(dir, "request.json"), "utf8"));
  if (existsSync(join(dir, "result.json")) || !isAbout(request)) return undefined;
  if (!("runId" in request && "power" in request && typeof request.runId === "string")) return undefined;
  const { runId, power } = request;
  return {
    ...request,
    marker: runId,
    env: namesIn(power),
    waits: waitsOf(runId, request),
    claim(state, codex) {
      const claim = { version: 1, runId, state, updatedAt: new Date().toISOString(), owner: currentOwner() };
      write(join(dir, "status.json"), { ...claim, ...(codex ? { codex } : {}) });
    },
  };
}

function peekSession(dir: string): Start | undefined {
  const numbers = readdirSync(join(dir, "brokers")).map((name) => Number.parseInt(name, 10) || 0);
  const path = join(dir, "brokers", `${Math.max(...numbers)}.json`);
  const record: unknown = JSON.parse(readFileSync(path, "utf8"));
  const isFree = (value: object): boolean =>
    "owner" in value && value.owner === null && "ended" in value && value.ended === null;
  if (!isAbout(record) || !isFree(record)) return undefined;
  return {
    ...record,
    marker: basename(dir),
    env: namesIn(record),
    claim: (_, codex) => write(path, { ...record, owner: currentOwner(), codex_process: codex ?? null }),
  };
}

const write = (path: string, value: object): void => writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);

const ownerOfChild = (started: PipedProcess | undefined): Owner | undefined =>
  started?.pid === undefined ? undefined : ownerOf(started.pid);

interface About {
  engine: string;
  workspace: string;
  codex: { command: string; args: string[] };
}

/** So much of a record must be there before anything is started. */
function isAbout(value: unknown): value is About {
  if (typeof value !== "object" || value === null) return false;
  if (!("engine" in value && "workspace" in value && "codex" in value)) return false;
  const { codex } = value;
  return typeof codex === "object" && codex !== null && "command" in codex && "args" in codex;
}

function waitsOf(runId: string, request: object): Waits | undefined {
  if (!("background" in request && "socket" in request && typeof request.socket === "string")) return undefined;
  const { background, socket } = request;
  if (typeof background !== "object" || background === null) return undefined;
  if (!("maxParallel" in background && typeof background.maxParallel === "number")) return undefined;
  const notBefore = "notBefore" in background && typeof background.notBefore === "string" ? background.notBefore : null;
  const rules = { runId, maxParallel: background.maxParallel, notBefore };
  return mustWait(rules) ? { ...rules, socket } : undefined;
}

/** The variables that the caller named. */
function namesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null || !("env" in value) || !Array.isArray(value.env)) return [];
  return value.env.filter((name) => typeof name === "string");
}
