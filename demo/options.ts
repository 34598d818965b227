import { parseArgs } from "node:util";
import { messageOf, usageError } from "../src/core/errors.ts";

export interface DemoOptions {
  keep: boolean;
  help: boolean;
}

export const HELP = `Shows ask_codex at its main job, without an account and without the network: the real Codex CLI repairs a
small repository in a temporary directory, while a scripted model on 127.0.0.1 plays the part of OpenAI's.

Usage
  npm run demo
  npm run demo -- [options]

Options
  --keep      leave the temporary directory, and say where it is
  -h, --help  show this help

Exit codes
  0 it went as shown · 1 it did not · 3 something that it needs is missing · 64 bad option · 130 stopped by Ctrl-C
`;

/** Reads the command line strictly: an option nobody knows ends with exit 64 before anything is made. */
export function parseOptions(args: readonly string[]): DemoOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false, short: "h" },
      },
    });
    return values;
  } catch (error) {
    throw usageError((messageOf(error).split(". ")[0] ?? "bad command line").replace(/\.$/, ""), "see --help");
  }
}
