import { parseArgs } from "node:util";
import { EXIT, problem } from "./problem.mjs";

/** @typedef {ReturnType<typeof parseOptions>} Options */

export const HELP = `Installs ask-codex as a skill of Claude Code, or brings an installed one up to date.

Usage: ./install.sh [options]            from a clone (Windows: install.ps1)
       curl -fsSL <address of install.sh> | sh -s -- [options]

Options:
  --link        make a symbolic link to this clone instead of a copy
  --uninstall   remove what was installed; your own files and all records stay
  --grant       also allow the skill in Claude Code's settings; shows the exact rules first
  --revoke      take those rules out again, and do nothing else
  --project     with --grant or --revoke: .claude/settings.local.json here, not the user's settings
  --plugin      with --grant or --revoke: for this folder as a plugin; nothing is installed
  --hooks       let the copy bring its hooks (an update keeps that); --no-hooks leaves them out again
  --dry-run     say what would be done and change nothing
  --quiet       print nothing but errors
  --version     print the version of the bundle
  --help        print this

Where: $CLAUDE_SKILLS_DIR/ask-codex, else $CLAUDE_CONFIG_DIR/skills/ask-codex, else ~/.claude/skills/ask-codex
From:  outside a clone, the repository $ASK_CODEX_REPO (a URL or a path) at $ASK_CODEX_REF (a branch, tag or commit)

Exit codes: 0 done · 1 failed, the old installation is untouched · 64 bad option · 75 another install is running · 130 stopped

Examples:
  ./install.sh
  ./install.sh --grant
  ./install.sh --dry-run
  CLAUDE_SKILLS_DIR=.claude/skills ./install.sh --link
  ./install.sh --uninstall`;

/**
 * Strict: an option nobody knows must stop the install before anything is changed.
 * @param {string[]} args
 */
export function parseOptions(args) {
  const values = parsed(args);
  for (const [one, other] of CONTRADICTIONS) {
    if (values[one] && values[other]) {
      throw problem(`--${one} and --${other} contradict each other, so nothing was done; give one of them`, EXIT.usage);
    }
  }
  for (const name of /** @type {const} */ (["project", "plugin"])) {
    if (values[name] && !values.grant && !values.revoke) {
      throw problem(
        `--${name} says where --grant or --revoke applies, so nothing was done; give one of them`,
        EXIT.usage,
      );
    }
  }
  return values;
}

const CONTRADICTIONS = /** @type {const} */ ([
  ["link", "uninstall"],
  ["grant", "revoke"],
  ["grant", "uninstall"],
  ["revoke", "uninstall"],
  ["revoke", "link"],
  ["plugin", "link"],
  ["hooks", "no-hooks"],
  ["hooks", "link"],
  ["no-hooks", "link"],
  ["hooks", "uninstall"],
  ["no-hooks", "uninstall"],
  ["hooks", "revoke"],
  ["no-hooks", "revoke"],
  ["hooks", "plugin"],
  ["no-hooks", "plugin"],
]);

/** @param {string[]} args */
function parsed(args) {
  const flag = /** @type {const} */ ({ type: "boolean", default: false });
  try {
    return parseArgs({
      args,
      options: {
        link: flag,
        uninstall: flag,
        grant: flag,
        revoke: flag,
        project: flag,
        plugin: flag,
        hooks: flag,
        "no-hooks": flag,
        "dry-run": flag,
        quiet: flag,
        version: flag,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    const why = error instanceof Error ? error.message.split(/\.? (?:To specify|This command)/)[0] : String(error);
    throw problem(`bad command line: ${why}, so nothing was changed; --help lists the options`, EXIT.usage);
  }
}
