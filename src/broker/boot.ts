import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { appServerCommand } from "../engine/app-server/command.ts";
import { codexEnvironment } from "../sys/environment.ts";
import { writeWhole } from "../sys/files.ts";
import { currentOwner } from "../sys/owner.ts";
import { spawnPiped } from "../sys/spawn.ts";

/**
 * The broker's first breath: claims the run, starts Codex, and only then loads the rest, which takes as long as
 * Codex's own start. Nothing heavy may be imported here; the request is checked in full by `serve`.
 */
export async function boot(dir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const request = peek(dir);
  if (!request || existsSync(join(dir, "result.json"))) return;
  const claim = {
    version: 1,
    runId: request.runId,
    state: "running",
    updatedAt: new Date().toISOString(),
    owner: currentOwner(),
  };
  writeWhole(join(dir, "status.json"), `${JSON.stringify(claim, null, 2)}\n`);
  const codexEnv = codexEnvironment(env, request.runId, request.power.env);
  const started =
    request.engine === "app-server"
      ? spawnPiped(appServerCommand(request.codex, request.workspace, codexEnv))
      : undefined;
  const { serve } = await import("./serve.ts");
  await serve({ dir, env, codexEnv, started });
}

interface Peek {
  runId: string;
  engine: string;
  workspace: string;
  codex: { command: string; args: string[] };
  power: { env: string[] };
}

function peek(dir: string): Peek | undefined {
  const value: unknown = JSON.parse(readFileSync(join(dir, "request.json"), "utf8"));
  return isPeek(value) ? value : undefined;
}

function isPeek(value: unknown): value is Peek {
  if (typeof value !== "object" || value === null) return false;
  if (!("runId" in value && "engine" in value && "workspace" in value)) return false;
  if (!("codex" in value && "power" in value)) return false;
  const { codex, power } = value;
  if (typeof power !== "object" || power === null || !("env" in power)) return false;
  return typeof codex === "object" && codex !== null && "command" in codex && "args" in codex;
}
