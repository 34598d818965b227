import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Codex keeps a thread as `sessions/YYYY/MM/DD/rollout-<time>-<thread id>.jsonl` (CODEX.md 7). */
export function codexHasThread(env: NodeJS.ProcessEnv, threadId: string): boolean {
  const home = env.CODEX_HOME || join(env.HOME || homedir(), ".codex");
  return ["sessions", "archived_sessions"].some((folder) =>
    namesBelow(join(home, folder)).some((name) => name.includes(threadId)),
  );
}

function namesBelow(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}
