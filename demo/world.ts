import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findByEnvironment, type ProcessRow } from "../src/sys/process-table.ts";
import { type ScriptedModel, startScriptedModel } from "../test/kit/scripted-model.ts";
import { SCRIPT } from "./project.ts";

/** Every process that the demo brings to life inherits it, Codex and its commands too; that is how none is forgotten. */
const MARKER = "DEMO_OF_ASK_CODEX";

/** A world of its own in a temporary directory: a repository, homes for Codex and for the records, a scripted model. */
export interface World {
  dir: string;
  repository: string;
  /** The state home: what a user has in ~/.local/state/ask-codex. */
  state: string;
  env: NodeJS.ProcessEnv;
  /** The processes of the demo that live, after those that are on their way out had a moment. */
  processes(): Promise<ProcessRow[]>;
  /** Ends what still lives and removes everything, or all but the directory. */
  close(keep: boolean): Promise<void>;
}

export async function openWorld(codex: string): Promise<World> {
  const dir = mkdtempSync(join(shortTemporaryDir(), "ask-codex-demo-"));
  const at = (name: string) => join(dir, name);
  for (const name of ["shop", "state", "codex-home", "home", "tmp"]) mkdirSync(at(name));
  const model = await startScriptedModel(SCRIPT);
  writeFileSync(at("codex-home/config.toml"), codexConfig(model));
  writeLoginFiles(at("home"));
  const id = dir.slice(-6);
  const env = {
    ...inherited(process.env),
    HOME: at("home"),
    TMPDIR: at("tmp"),
    CODEX_HOME: at("codex-home"),
    ASK_CODEX_HOME: at("state"),
    ASK_CODEX_BIN: codex,
    DEMO_KEY: "not-a-key",
    GIT_CONFIG_NOSYSTEM: "1",
    [MARKER]: id,
  };
  const alive = () => findByEnvironment(MARKER, id).filter((row) => row.pid !== process.pid && !row.zombie);
  const processes = async () => {
    for (let tries = 0; alive().length > 0 && tries < 60; tries++) await sleep(50);
    return alive();
  };
  return {
    dir,
    repository: at("shop"),
    state: at("state"),
    env,
    processes,
    async close(keep) {
      for (const row of await processes()) end(row);
      await model.close();
      if (!keep) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function end(row: ProcessRow): void {
  try {
    process.kill(row.pid, "SIGKILL");
  } catch {
    // Gone between the look and the signal.
  }
}

/** A unix socket's path must stay under about 100 bytes, which the temporary directory of macOS alone nearly fills. */
function shortTemporaryDir(): string {
  const dir = realpathSync(tmpdir());
  const short = process.platform === "win32" || dir.length <= 40;
  return short || !statSync("/tmp", { throwIfNoEntry: false })?.isDirectory() ? dir : realpathSync("/tmp");
}

/** No proxy, no key and no setting of the user's reaches the demo; Codex's own marks do, so that a demo inside Codex is refused. */
function inherited(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = /^(PATH|LANG|LC_\w+|TERM|SYSTEMROOT|COMSPEC|PATHEXT|CODEX_(THREAD_ID|SANDBOX\w*)|ASK_CODEX_RUN)$/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.test(name)));
}

/** Codex runs commands in a login shell, which may set PATH anew: there too `node` must be the one that runs the demo. */
function writeLoginFiles(home: string): void {
  const line = `PATH='${dirname(process.execPath).replaceAll("'", "'\\''")}'${delimiter}"$PATH"\nexport PATH\n`;
  for (const name of [".profile", ".zprofile"]) writeFileSync(join(home, name), line);
}

/** Points Codex at the scripted model; it asks a public host for its plugins at every start unless they are off. */
function codexConfig(model: ScriptedModel): string {
  return `model = "gpt-5.5"
model_provider = "demo"

[features]
plugins = false

[model_providers.demo]
name = "scripted model of the demo"
base_url = "http://127.0.0.1:${model.port}/v1"
wire_api = "responses"
env_key = "DEMO_KEY"
`;
}
