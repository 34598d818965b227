import { randomBytes } from "node:crypto";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AskCodexError } from "../../core/errors.ts";
import type { Power } from "../../core/policy.ts";
import type { EngineName } from "../../core/request.ts";
import type { ThreadRequest } from "../../engine/engine.ts";
import type { CodexCommand } from "../../engine/find-codex.ts";
import { commandEnvironment } from "../../policy/command-environment.ts";
import { planPolicy } from "../../policy/plan-policy.ts";
import { codexEnvironment } from "../../sys/environment.ts";
import { fileReason, makeNewDir } from "../../sys/files.ts";
import { stopProcesses } from "../../sys/stop-processes.ts";
import { KEY, makeCodexHome } from "./codex-home.ts";
import { createTurns } from "./create-turns.ts";
import { type Model, startModel } from "./model.ts";
import { openTalk, type Place, STOP_MS, type Talk } from "./talk.ts";

/** Each has a Codex of its own (80 to 200 MB); on two processors, more at once are not faster. */
const AT_ONCE = 3;

export interface Asked {
  /** What Codex may do there; nothing but reading where nothing is said. */
  power?: Partial<Power>;
  /** More that may not be read. */
  deny?: readonly string[];
  threadId?: string;
  engines?: readonly EngineName[];
  env?: NodeJS.ProcessEnv;
  /** Its turns are Codex's own reviewer's. */
  reviewing?: boolean;
}

/** The world of a self-test: everything in a temporary directory of ours, nothing of the user's. */
export interface SelfTestLab {
  codex: CodexCommand;
  dir: string;
  model: Model;
  env: NodeJS.ProcessEnv;
  /** What every process of the self-test carries. */
  marker: string;
  /** The engines that open a thread here, the one that a run takes first; known after the first talk. */
  engines: EngineName[];
  /** How long one piece of work may take; the longest takes 4 s where nothing else runs. */
  talkMs: number;
  /** Does a piece of work when there is room for one more. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
  makeDir(name: string): string;
  /** A home of Codex's with another provider. */
  codexHome(name: string, port: number, login?: string): string;
  request(cwd: string, asked?: Asked): ThreadRequest;
  talk(cwd: string, asked?: Asked): Promise<Talk>;
  /** Ends every process and takes the directory away. Resolves with the names of what would not die. */
  close(): Promise<string[]>;
}

/** Real, for Codex names its paths so. */
function makeOwnDir(parent: string): string {
  try {
    return mkdtempSync(join(realpathSync(parent), "ask-codex-self-test-"));
  } catch (error) {
    throw new AskCodexError("fatal", `can't make a temporary directory in ${parent}: ${fileReason(error)}`, {
      cause: error,
      hint: "set TMPDIR to a directory that you can write",
    });
  }
}

/** Makes that world. Throws where no temporary directory can be made. */
export async function openSelfTestLab(
  codex: CodexCommand,
  env: NodeJS.ProcessEnv,
  talkMs: number,
): Promise<SelfTestLab> {
  const dir = makeOwnDir(env.TMPDIR || tmpdir());
  const model = await startModel();
  const marker = `self-test-${randomBytes(6).toString("hex")}`;
  const threads: Place["threads"] = new Set();
  let isClosed = false;
  const checkOpen = () => {
    if (isClosed) throw new AskCodexError("cancelled", "the self-test is over");
  };
  const makeDir = (name: string) => {
    checkOpen();
    const path = join(dir, name);
    makeNewDir(path);
    return path;
  };
  const home = makeDir("home");
  const tmpDir = makeDir("tmp");
  const stateHome = makeDir("state");
  const ownEnv = {
    // Of the user's environment only what programs need in order to run: no login, no proxy, no address of a service.
    ...codexEnvironment(commandEnvironment(env, [], { tmpDir, marker }), marker),
    ...{ HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: join(home, ".config"), XDG_STATE_HOME: join(home, ".state") },
    CODEX_HOME: makeCodexHome(dir, "codex-home", model.port),
    [KEY]: "self-test",
    ...nowhere(model.port),
  };
  let requests = 0;

  function request(
    cwd: string,
    { power, deny = [], threadId, reviewing = false, env: more = {} }: Asked = {},
  ): ThreadRequest {
    const all = { ...NOTHING, ...power };
    const serial = ++requests;
    const id = `${marker}-${serial}`;
    const itsEnv = { ...ownEnv, ...more };
    const grants = all.write === "workspace" ? [cwd] : all.scope.map((name) => join(cwd, name));
    const policy = planPolicy({ power: all, workspace: cwd, grants, stateHome, tmpDir, id, marker, deny, env: itsEnv });
    return {
      ...{ cwd, policy, codex, model: "gpt-5.5", env: itsEnv, scratch: makeDir(`scratch-${serial}`) },
      ...(threadId === undefined ? {} : { threadId }),
      ...(reviewing ? { reviewing: {}, unasked: true } : {}),
    };
  }

  const lab: SelfTestLab = {
    codex,
    dir,
    model,
    env: ownEnv,
    marker,
    engines: ["app-server", "exec"],
    talkMs,
    inTurn: createTurns(AT_ONCE),
    makeDir,
    codexHome: (name, port, login) => makeCodexHome(dir, name, port, login),
    request,
    talk: (cwd, asked = {}) => openTalk(asked.engines ?? lab.engines, request(cwd, asked), { threads, checkOpen }),
    async close() {
      isClosed = true;
      const roots = [...threads].flatMap((thread) => thread.roots);
      const { left } = await stopProcesses({ markers: [marker], roots }, STOP_MS);
      await model.close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      return left;
    },
  };
  return lab;
}

/** Whatever Codex may want of the world ends at our own server, which lets nobody through. */
function nowhere(port: number): NodeJS.ProcessEnv {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  const address = `http://127.0.0.1:${port}`;
  const proxies = names.flatMap((name) => [name, name.toLowerCase()]).map((name) => [name, address]);
  return { ...Object.fromEntries(proxies), NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
}

const NOTHING: Power = { write: "none", scope: [], writable: [], network: false, tmp: false, env: [] };
