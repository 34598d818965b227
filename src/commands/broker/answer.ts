import type { Verb } from "./verb.ts";

/** Answers the question that a session waits with. */
export const answer: Verb = {
  takes: "id and text",
  usage: "codex_broker answer ID [--wait] [--] TEXT",
  options: ["wait", "quiet", "verbose", "strict"],
  examples: [['codex_broker answer cache "use the second option"', "straight into the turn that waits for it"]],
  run: async (target, text, flags, io) =>
    (await import("./answer-question.ts")).answerQuestion(target, text, flags, io),
};
