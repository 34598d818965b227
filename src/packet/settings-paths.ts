import { join } from "node:path";

/** Where settings lie: the project's beside Claude Code's own local files, the user's in the state home. */
export const settingsPaths = (workspace: string, stateHome: string): { project: string; user: string } => ({
  project: join(workspace, ".claude", "ask-codex.local.md"),
  user: join(stateHome, "settings.md"),
});
