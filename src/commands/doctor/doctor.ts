import * as z from "zod";
import { COMMON_FLAGS, defineCommand } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import type { Installer } from "../../doctor/check.ts";

/** Looks at everything that a run needs, and says what is wrong with the command that cures it. */
export const doctorWith = (installer: Installer) =>
  defineCommand({
    name: "codex_doctor",
    summary:
      "Looks at everything that a run needs, from Node to the sandbox, and says of each fault which command cures it. Exit code 0: runs can work, warnings or not; 3: something makes them impossible. Without --fix nothing is written.",
    usage: ["codex_doctor [--fix] [--quiet] [--json] [-w DIR]", "codex_doctor --self-test [--json]"],
    flags: z.strictObject({
      fix: z.boolean().optional().meta({
        help: "mend what is safe to mend, each said before it is done: never settings, logins or records",
      }),
      "self-test": z.boolean().optional().meta({
        help: "try the installed Codex against a built-in scripted model instead: offline, half a minute at most",
      }),
      workspace: z.string().optional().meta({
        value: "DIR",
        short: "w",
        help: "where runs would work; default: the git root above the current directory",
      }),
      quiet: z.boolean().optional().meta({ help: "print only what is not well" }),
      ...COMMON_FLAGS,
    }),
    examples: [
      ["codex_doctor", "is everything there that a run needs?"],
      ["codex_doctor --fix", "mend what is safe to mend, then look again"],
      ["codex_doctor --self-test", "which of the things that ask-codex relies on hold for this Codex?"],
    ],
    async run({ flags, positionals }, io) {
      if (positionals.length > 0)
        throw usageError(
          `codex_doctor takes no words, and there is ${JSON.stringify(positionals[0])}`,
          "see codex_doctor --help",
        );
      if (!flags["self-test"]) return (await import("./look.ts")).look(flags, installer, io);
      if (flags.fix) throw usageError("--self-test and --fix contradict each other", "leave one of them out");
      return (await import("./test-codex.ts")).testCodex(flags, io);
    },
  });
