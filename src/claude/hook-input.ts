import * as z from "zod";

export const HOOKS = ["session-start", "user-prompt-submit", "stop", "session-end"] as const;
export type HookName = (typeof HOOKS)[number];

/** What the launcher took out of the JSON that Claude Code gave it (read-hook-input.mjs). */
export const HookInput = z.strictObject({
  session: z.string().min(1),
  /** The id of the prompt that the turn began with: UserPromptSubmit and Stop of a turn have the same one. */
  turn: z.string().nullable(),
  /** The project's directory. */
  dir: z.string(),
  /** Claude goes on because a Stop hook has held it up. */
  again: z.boolean(),
  /** The same for two hooks that were called for one and the same event. */
  call: z.string().regex(/^[\w-]{1,64}$/),
});
export type HookInput = z.infer<typeof HookInput>;
