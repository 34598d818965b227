import { delimiter } from "node:path";
import { type CodexCommand, findCodex } from "../src/engine/find-codex.ts";
import { call } from "./call.ts";
import type { Screen } from "./screen.ts";
import { ASK_CODEX, INSTALLER, shown } from "./shown.ts";

const IN_NODE_MODULES = /[\\/]node_modules[\\/]\.bin[\\/]?$/;

export interface Options {
  screen: Screen;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** Says how to do the same with the user's own Codex, or what is missing for it. */
export async function showForReal({ screen, env: whole, signal }: Options): Promise<void> {
  const env = withoutPackages(whole);
  const codex = findUsersCodex(env);
  const { paint, line } = screen;
  line();
  if (codex === undefined) {
    line(`${paint.cyan.bold("For real")}  Codex is not installed here:`);
    screen.command("npm install -g @openai/codex");
    screen.command("codex login");
    line("then, in a repository of yours:");
  } else if (!(await isLoggedIn(codex, env, signal))) {
    line(`${paint.cyan.bold("For real")}  Codex is installed, but not logged in:`);
    screen.command("codex login");
    line("then, in a repository of yours:");
  } else {
    line(`${paint.cyan.bold("For real")}  Codex is installed and logged in. In a repository of yours:`);
  }
  screen.command(`node ${shown(ASK_CODEX)} --read-only "What is in here, and where would a newcomer start to read?"`);
  line(paint.dim(`In Claude Code: ${shown(INSTALLER)}, then type /ask-codex and the task.`));
}

/** npm puts the folders of its packages at the head of PATH; the Codex in there is the demo's, not the user's. */
function withoutPackages(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const name = Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const folders = (env[name] ?? "").split(delimiter).filter((folder) => !IN_NODE_MODULES.test(folder));
  return { ...env, [name]: folders.join(delimiter) };
}

function findUsersCodex(env: NodeJS.ProcessEnv): CodexCommand | undefined {
  try {
    return findCodex(env);
  } catch {
    return undefined;
  }
}

/** `codex login status` asks nobody: it takes 0.1 s. */
async function isLoggedIn(codex: CodexCommand, env: NodeJS.ProcessEnv, stopped: AbortSignal): Promise<boolean> {
  try {
    const args = [...codex.args, "login", "status"];
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(5_000)]);
    return (await call({ command: codex.command, args, cwd: process.cwd(), env, signal })).code === 0;
  } catch {
    return false;
  }
}
