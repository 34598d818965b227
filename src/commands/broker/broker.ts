import { findSessionRef } from "../../broker/store/find-session.ts";
import { defineCommand } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { stateHome } from "../../sys/paths.ts";
import { refuseOthers } from "../refuse-others.ts";
import { answer } from "./answer.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { resume } from "./resume.ts";
import { send } from "./send.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { summary } from "./summary.ts";
import { FLAGS, type Verb } from "./verb.ts";
import { wait } from "./wait.ts";

/** In the order of the help. */
const VERBS: Record<string, Verb> = { start, send, answer, status, summary, list, logs, wait, stop, resume };

/** Sessions that stay: begun once, then spoken to, looked at and stopped from any directory. */
export const broker = defineCommand({
  name: "codex_broker",
  summary:
    "Keeps a session of Codex live: starts it, sends it messages, answers its questions, shows, waits for, stops and resumes it. " +
    "ID is a broker, session or run id, a name, or the beginning of one; a session of ask_codex has one too.",
  usage: Object.values(VERBS).map((verb) => verb.usage),
  flags: FLAGS,
  examples: Object.values(VERBS).flatMap((verb) => verb.examples),
  async run({ flags, positionals }, io) {
    const [word, ...rest] = positionals;
    const verb = word !== undefined && Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
    if (word === undefined || !verb)
      throw usageError(
        word === undefined ? "there is no verb" : `there is no verb ${word}`,
        `verbs: ${Object.keys(VERBS).join(", ")}`,
      );
    refuseOthers("codex_broker", word, VERBS, flags);
    if (verb.takes === "text") return verb.run(rest, flags, io);
    const [id, text, ...more] = rest;
    if (verb.takes === "nothing") {
      if (id !== undefined) throw usageError(`codex_broker ${word} takes no id`, verb.usage);
      return verb.run(flags, io);
    }
    const takes = verb.takes === "id" ? "one id" : "an id and one text, in quotes";
    if (id === undefined || more.length > 0 || (verb.takes === "id" && text !== undefined))
      throw usageError(`codex_broker ${word} takes ${takes}`, verb.usage);
    const home = stateHome(io.env);
    const target = { home, word: id, ...findSessionRef(home, id) };
    return verb.takes === "id" ? verb.run(target, flags, io) : verb.run(target, text, flags, io);
  },
});
