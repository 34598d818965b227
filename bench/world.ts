import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toToml } from "../src/engine/to-toml.ts";
import { CODEX_WRAPPER, type Lab, openLab, ROOT } from "../test/kit/lab.ts";

const FILES = 200;
export const GOAL = "say hello";
const MODEL = "gpt-5.5";

/** A model that says one thing and runs nothing. */
export const HELLO = [{ say: "Hello.\n\nStatus: done" }];

/** What both sides are measured on: one workspace, one scripted model, one Codex configuration. */
export interface World {
  lab: Lab;
  /** Command lines by what they are, each complete. */
  argv: {
    version: string[];
    node: string[];
    help: string[];
    ask: string[];
    /** The same files without a repository, with full access: no profile, no audit. */
    askOpen: string[];
    askAgain: (sessionId: string) => string[];
    broker: (...args: string[]) => string[];
    runs: (...args: string[]) => string[];
    exec: string[];
    execText: (text: string) => string[];
    execAgain: (sessionId: string, text?: string) => string[];
    /** The same within a permission profile. */
    execWithin: (profile: unknown) => { begin: string[]; again: (sessionId: string) => string[] };
  };
}

/**
 * Opens the lab away from /tmp: Codex warns and leaves its helpers out for a CODEX_HOME below the temporary
 * directory (CODEX.md surprise 16), and a run's own rules are others there.
 */
export async function openWorld(): Promise<World> {
  if (process.platform !== "win32") process.env.TMPDIR = "/var/tmp";
  const lab = await openLab({ files: workspaceFiles(), name: "workspace" });
  const plain = join(lab.dir, "plain");
  for (const [name, text] of Object.entries(workspaceFiles())) {
    mkdirSync(dirname(join(plain, name)), { recursive: true });
    writeFileSync(join(plain, name), text);
  }
  const node = process.execPath;
  const script = (name: string) => [node, join(ROOT, "scripts", `${name}.mjs`)];
  const ask = script("ask_codex");
  // The npm wrapper, as users call Codex; `-s` because the default depends on stored trust (CODEX.md surprise 5).
  const bare = (...power: string[]) => [node, CODEX_WRAPPER, "exec", "--json", ...power, "--skip-git-repo-check"];
  const exec = bare("-s", "workspace-write");
  const again = (sessionId: string, text = GOAL) => ["resume", "-m", MODEL, sessionId, text];
  return {
    lab,
    argv: {
      version: [node, CODEX_WRAPPER, "--version"],
      node: [node, "-e", "0"],
      help: [...ask, "--help"],
      ask: [...ask, GOAL],
      askOpen: [...ask, "-w", plain, "--sandbox", "danger-full-access", GOAL],
      askAgain: (sessionId) => [...ask, "--session", sessionId, GOAL],
      broker: (...args) => [...script("codex_broker"), ...args],
      runs: (...args) => [...script("codex_runs"), ...args],
      exec: [...exec, GOAL],
      execText: (text) => [...exec, text],
      execAgain: (sessionId, text) => [...exec, ...again(sessionId, text)],
      execWithin(profile) {
        const within = bare("-c", `permissions.within=${toToml(profile)}`, "-c", 'default_permissions="within"');
        return { begin: [...within, GOAL], again: (sessionId) => [...within, ...again(sessionId)] };
      },
    },
  };
}

/** A small project's worth of text, the same every time. */
function workspaceFiles(): Record<string, string> {
  const pairs = Array.from({ length: FILES }, (_, at) => {
    const line = (row: number) => `export const value${at}_${row} = ${at * row};\n`;
    const text = Array.from({ length: 20 + (at % 30) }, (__, row) => line(row)).join("");
    return [`src/part-${at % 10}/module-${at}.ts`, text] as const;
  });
  return Object.fromEntries([["README.md", "# a project\n"], ...pairs]);
}
