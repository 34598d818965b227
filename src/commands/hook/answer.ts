/**
 * What a hook prints for Claude Code (measured with 2.1.329): `additionalContext` reaches Claude, `systemMessage` the user
 * ("Stop says: …"; of SessionStart and SessionEnd nobody), and a `reason` reaches Claude twice, as the user's text and as
 * the system's.
 */
export interface HookAnswer {
  systemMessage?: string;
  hookSpecificOutput?: { hookEventName: "SessionStart" | "UserPromptSubmit"; additionalContext: string };
  decision?: "block";
  reason?: string;
}

/** An answer, and what is to be noted once Claude Code has it. */
export interface Said {
  answer: HookAnswer;
  told?(): void;
}

/** Text for Claude; no text is no output. */
export const telling = (hookEventName: "SessionStart" | "UserPromptSubmit", texts: readonly string[]): HookAnswer => {
  const additionalContext = texts.filter((text) => text !== "").join("\n");
  return additionalContext === "" ? {} : { hookSpecificOutput: { hookEventName, additionalContext } };
};
