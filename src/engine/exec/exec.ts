import { join } from "node:path";
import { AskCodexError } from "../../core/errors.ts";
import { writeNew } from "../../sys/files.ts";
import { createLineReader } from "../../sys/line-reader.ts";
import { spawnPiped } from "../../sys/spawn.ts";
import type { Engine, Turn, TurnHooks, TurnRequest } from "../engine.ts";
import { execArgs } from "./exec-args.ts";
import { mapExecLine } from "./map-exec-event.ts";

/** `codex exec --json`, one process a turn: what runs when the app-server can't. It has no typed errors and can't be asked. */
export const exec: Engine = { name: "exec", prepare };

/** Codex names a key that it does not know in an item and goes on without it, and then without our profile. */
const IGNORED_PROFILE = /ignoring \d+ unrecogni[sz]ed configuration/i;

function prepare(request: TurnRequest, hooks: TurnHooks): Turn {
  const roots: number[] = [];
  let child: ReturnType<typeof spawnPiped> | undefined;
  let exited: Promise<boolean> = Promise.resolve(true);

  function run(): Promise<void> {
    const schemaPath = request.schema === undefined ? undefined : join(request.scratch, "output-schema.json");
    if (schemaPath) writeNew(schemaPath, JSON.stringify(request.schema));
    const started = spawnPiped({
      command: request.codex.command,
      args: [...request.codex.args, ...execArgs(request, schemaPath)],
      cwd: request.cwd,
      env: request.env,
    });
    child = started;
    if (started.pid !== undefined) roots.push(started.pid);
    return new Promise((resolve, reject) => {
      let ended = false;
      let begun = false;
      let lastStderr = "";
      const lines = createLineReader(
        (line) => {
          hooks.onRaw(line);
          begun = true;
          for (const event of mapExecLine(parseJson(line))) {
            if (event.type === "warning" && IGNORED_PROFILE.test(event.message)) reject(profileError(event.message));
            if (event.type === "turn_ended") ended = true;
            hooks.onEvent(event);
          }
        },
        (bytes) =>
          hooks.onEvent({ type: "warning", message: `Codex sent a line of ${bytes} bytes, which was left out` }),
      );
      started.stdout?.on("data", (chunk: Buffer) => lines.push(chunk));
      started.stderr?.on("data", (chunk: Buffer) => {
        const text = chunk.toString("utf8");
        lastStderr = (lastStderr + text).slice(-4_000);
        hooks.onStderr(text);
      });
      // The turn may have failed before Codex took the prompt; its exit says so, not this pipe.
      started.stdin?.on("error", () => {});
      started.stdin?.end(request.prompt);
      started.once("error", (error) =>
        reject(new AskCodexError("fatal", `Codex can't be started: ${error.message}`, { cause: error })),
      );
      exited = new Promise((gone) => {
        started.once("close", (code, signal) => {
          lines.end();
          if (ended) resolve();
          else reject(exitError(code, signal, lastStderr, begun));
          gone(true);
        });
      });
    });
  }

  return {
    engine: "exec",
    codexVersion: undefined,
    roots,
    // A process per turn: there is nothing to bring to life before the prompt.
    open: () => Promise.resolve(),
    run,
    async interrupt() {
      child?.kill("SIGINT");
    },
    answer: () => false,
    async close(graceMs) {
      const late = new Promise<boolean>((resolve) => setTimeout(resolve, graceMs, false).unref());
      return Promise.race([exited, late]);
    },
  };
}

const profileError = (message: string) =>
  new AskCodexError("fatal", `this Codex does not know permission profiles (${message})`, {
    hint: "update it: npm install -g @openai/codex",
  });

/** `codex exec` says on stderr why it could not begin: `Error: …`, or clap's words for a flag it does not have (exit 2). */
function exitError(code: number | null, signal: NodeJS.Signals | null, stderr: string, begun: boolean): AskCodexError {
  if (signal) return new AskCodexError("killed", `Codex was killed by ${signal}`);
  const said = /^(?:Error|error): (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().split("\n").slice(-1)[0] ?? "";
  const reason = said.slice(0, 300);
  if (/already has an active writer/.test(stderr)) {
    return new AskCodexError("refused", "the session is busy: another process is working in its thread", {
      hint: "wait for it, or cancel it",
    });
  }
  if (code === 2)
    return new AskCodexError("fatal", `this Codex does not take our flags (${reason})`, {
      hint: "update it: npm install -g @openai/codex",
    });
  if (/no rollout found/.test(stderr))
    return new AskCodexError("fatal", `Codex has no session with this id (${reason})`);
  const what = `Codex exited with code ${code} ${begun ? "without ending the turn" : "at its start"}${reason ? `: ${reason}` : ""}`;
  return begun
    ? new AskCodexError("failed", what)
    : new AskCodexError("fatal", what, { hint: "see whether `codex --version` and `codex login status` work" });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
