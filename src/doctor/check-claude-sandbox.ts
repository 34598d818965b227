import { type Check, finding, ok } from "./check.ts";

/** Inside Claude Code's sandbox there is no network, a read-only home, and no second sandbox (CLAUDE-CODE.md 5). */
export const checkClaudeSandbox: Check = {
  id: "claude-sandbox",
  title: "Claude Code's sandbox",
  run({ env, self }) {
    if (!env.SANDBOX_RUNTIME) return ok("not inside it");
    const why = "Codex can't work inside it (SANDBOX_RUNTIME is set); call it with dangerouslyDisableSandbox: true";
    return finding("fail", why, self("codex_doctor"));
  },
};
