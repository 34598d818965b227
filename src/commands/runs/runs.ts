import { defineCommand } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { stateHome } from "../../sys/paths.ts";
import { refuseOthers } from "../refuse-others.ts";
import { cancel } from "./cancel.ts";
import { gc } from "./gc.ts";
import { inbox } from "./inbox.ts";
import { list } from "./list.ts";
import { result } from "./result.ts";
import { resume } from "./resume.ts";
import { show } from "./show.ts";
import { findTarget } from "./target.ts";
import { undo } from "./undo.ts";
import { FLAGS, type Verb } from "./verb.ts";
import { verify } from "./verify.ts";
import { wait } from "./wait.ts";

/** In the order of the help. */
const VERBS: Record<string, Verb> = { list, show, result, wait, cancel, resume, verify, undo, inbox, gc };

/** Looks at runs, waits for them, stops them, checks them again and takes back what they did, from any directory. */
export const runs = defineCommand({
  name: "codex_runs",
  summary:
    "Shows a run, waits for its end, stops it, checks it again, or takes back what it changed. ID is a run, session or broker id.",
  usage: Object.values(VERBS).map((verb) => verb.usage),
  flags: FLAGS,
  examples: Object.values(VERBS).flatMap((verb) => verb.examples),
  async run({ flags, positionals }, io) {
    const [word, ...ids] = positionals;
    const verb = word !== undefined && Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
    if (word === undefined || !verb)
      throw usageError(
        word === undefined ? "there is no verb" : `there is no verb ${word}`,
        `verbs: ${Object.keys(VERBS).join(", ")}`,
      );
    const [id] = ids;
    if (verb.takes === "nothing") {
      if (id !== undefined) throw usageError(`codex_runs ${word} takes no id`, verb.usage);
      refuseOthers("codex_runs", word, VERBS, flags);
      return verb.run(flags, io);
    }
    if (id === undefined || (verb.takes === "id" && ids.length > 1))
      throw usageError(
        `codex_runs ${word} takes ${verb.takes === "id" ? "one id" : "one or more ids"}`,
        `codex_runs ${word} r-20261121-051103-k7qz`,
      );
    refuseOthers("codex_runs", word, VERBS, flags);
    const home = stateHome(io.env);
    if (verb.takes === "id") return verb.run(findTarget(home, id), flags, io);
    return verb.run(
      ids.map((one) => findTarget(home, one)),
      flags,
      io,
    );
  },
});
