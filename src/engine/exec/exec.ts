import { join } from "node:path";
import { AskCodexError } from "../../core/errors.ts";
import { writeWhole } from "../../sys/files.ts";
import { createLineReader } from "../../sys/line-reader.ts";
import { type PipedProcess, spawnPiped } from "../../sys/spawn.ts";
import type { Engine, Thread, ThreadHooks, ThreadRequest, TurnInput } from "../engine.ts";
import { goesWithin, lastWords, noSuchThread, whyGone } from "../exit-error.ts";
import { execArgs } from "./exec-args.ts";
import { mapExecLine } from "./map-exec-event.ts";
import { probeSandbox } from "./probe-sandbox.ts";

/** `codex exec --json`, one process a turn: what runs when the app-server can't. It has no typed errors and can't be asked. */
export const exec: Engine = { name: "exec", prepare };

/** Codex names a key that it does not know in an item and goes on without it: where it is ours, without our profile. */
const IGNORED_PROFILE = /ignoring \d+ unrecogni[sz]ed configuration[\s\S]*`(?:default_)?permissions[.`]/i;

function prepare(request: ThreadRequest, hooks: ThreadHooks): Thread {
  const roots: number[] = [];
  let child: PipedProcess | undefined;
  let degraded: string | undefined;
  let busy = false;

  /** A process per turn: nothing comes to life before the prompt, but whether the sandbox can is known. */
  async function open(): Promise<void> {
    const { profile, legacy, withheld } = request.policy;
    if (withheld !== undefined) degraded = `this Codex ${withheld}, so it has the sandbox mode ${legacy.mode}`;
    if (profile === null || withheld !== undefined) return;
    const probe = await probeSandbox(request);
    // Codex did answer, though nobody sees it: the idle clock begins with the turn.
    hooks.onEvent({ type: "activity" });
    if (probe === "unknown")
      degraded = `this Codex knows no permission profiles, so it has the sandbox mode ${legacy.mode}`;
  }

  async function run(turn: TurnInput): Promise<void> {
    // `codex exec review` tells neither its findings nor its tokens (CODEX.md 3), and takes no schema (surprise F16).
    if (turn.review)
      hooks.onEvent({
        type: "warning",
        message: "codex exec has no reviewer that we can use: an ordinary turn reviews",
      });
    const schemaPath = turn.schema === undefined ? undefined : join(request.scratch, "output-schema.json");
    if (schemaPath) writeWhole(schemaPath, JSON.stringify(turn.schema));
    const started = spawnPiped({
      command: request.codex.command,
      args: [
        ...request.codex.args,
        ...execArgs(request, turn, { profiles: degraded === undefined, ...(schemaPath ? { schemaPath } : {}) }),
      ],
      cwd: request.cwd,
      env: request.env,
    });
    child = started;
    busy = true;
    if (started.pid !== undefined) roots.push(started.pid);
    started.onStderr(hooks.onStderr);
    started.stdin.end(turn.prompt);
    try {
      const seen = await readEvents(started);
      // The turn may have ended and the process not yet be gone; its exit matters only when it did not.
      if (!seen.ended) throw explain(await whyGone(started, seen.begun), started.stderrTail(), request.adopted);
      await started.exited;
    } finally {
      busy = false;
    }
  }

  /** Hands every event on until the output ends; an error where Codex says that it leaves our profile out. */
  function readEvents(started: PipedProcess): Promise<{ begun: boolean; ended: boolean }> {
    const seen = { begun: false, ended: false };
    return new Promise((resolve, reject) => {
      const lines = createLineReader(
        (line) => {
          hooks.onRaw(line);
          for (const event of mapExecLine(parseJson(line))) {
            if (event.type === "warning" && IGNORED_PROFILE.test(event.message)) reject(profileError(event.message));
            if (event.type === "thread") seen.begun = true;
            if (event.type === "turn_ended") seen.ended = true;
            hooks.onEvent(event);
          }
        },
        (bytes) =>
          hooks.onEvent({ type: "warning", message: `Codex sent a line of ${bytes} bytes, which was left out` }),
      );
      const finish = () => {
        lines.end();
        resolve(seen);
      };
      started.stdout.on("data", (chunk: Buffer) => lines.push(chunk));
      started.stdout.once("end", finish);
      void started.exited.then(finish);
    });
  }

  return {
    engine: "exec",
    codexVersion: undefined,
    get degraded() {
      return degraded;
    },
    roots,
    stays: false,
    get busy() {
      return busy;
    },
    gone: new Promise(() => {}),
    open,
    run,
    steer: () => Promise.resolve(false),
    async interrupt() {
      child?.kill("SIGINT");
      await child?.exited;
    },
    answer: () => false,
    async close(graceMs) {
      return child === undefined || goesWithin(child, graceMs);
    },
  };
}

const profileError = (message: string) =>
  new AskCodexError("fatal", `this Codex does not know permission profiles (${message})`, {
    hint: "update it: npm install -g @openai/codex",
  });

/** `codex exec` says on stderr why it could not begin: `Error: …`, or clap's words for a flag it does not have (exit 2). */
function explain(error: AskCodexError, stderr: string, adopted: boolean | undefined): AskCodexError {
  if (/already has an active writer/.test(stderr)) {
    const busy = "the session is busy: another process is working in its thread";
    return new AskCodexError("refused", busy, { hint: "wait for it, or cancel it" });
  }
  if (/no rollout found/.test(stderr)) return noSuchThread(lastWords(stderr), adopted);
  if (/^error: (?:unexpected argument|unrecognized subcommand|invalid value)/m.test(stderr)) {
    const old = `this Codex does not take our flags (${lastWords(stderr)})`;
    return new AskCodexError("fatal", old, { hint: "update it: npm install -g @openai/codex" });
  }
  return error;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
