import { isAbsolute, relative, resolve, sep } from "node:path";
import { defineCommand, type Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { refuseRecursion } from "../../gate/recursion.ts";
import type { AskedTarget } from "../../review/resolve-target.ts";
import { locate } from "../ask/locate.ts";
import { readText } from "../ask/read-goal.ts";
import { REVIEW_FLAGS, type ReviewFlags } from "./flags.ts";
import { checkSarif } from "./print-review.ts";
import type { ReviewOptions } from "./review-changes.ts";
import { collectStarted, runReview } from "./run-review.ts";

/** Has Codex review a change, read-only, and tells what it found as a list that can be worked through. */
export const review = defineCommand({
  name: "codex_review",
  summary:
    "Has Codex review a change and prints its findings. Nothing can be written by the review. FOCUS says what to look at above all.",
  usage: [
    "codex_review --uncommitted | --base REF | --commit SHA [options] [--] [FOCUS]",
    "codex_review --collect REVIEW_ID",
    "codex_review --ledger | --waive ID --reason TEXT | --unwaive ID",
  ],
  flags: REVIEW_FLAGS,
  examples: [
    ["codex_review --uncommitted", "before a commit: Codex's own review of everything that is not committed"],
    ["codex_review --base main", "before a merge: all that this branch changes since it left main"],
    [
      'codex_review --base main --adversarial "what happens when two workers take the same message?"',
      "challenge the design instead, with a question to begin with",
    ],
    ["codex_review --commit HEAD --path src/auth", "one commit, and of that only one directory"],
    ["codex_review --base main --sarif review.sarif", "the findings for a code scanning tool, too"],
    ["codex_review --collect v-20261121-051103-k7qz", "pick up a review whose client is gone"],
  ],
  async run({ flags, positionals }, io) {
    if (flags.quiet && flags.verbose)
      throw usageError("--quiet and --verbose contradict each other", "give one of them");
    if (flags.ledger || flags.waive !== undefined || flags.unwaive !== undefined)
      return (await import("./ledger-verb.ts")).ledgerVerb(onlyLedger(flags, positionals), io);
    if (flags.reason !== undefined) throw usageError("--reason is for --waive", "leave it out");
    if (flags.collect !== undefined) return collectStarted(flags.collect, onlyCollect(flags, positionals, io), io);
    checkSarif(flags, io);
    const target = targetOf(flags);
    const focus = await focusOf(positionals, io);
    refuseRecursion(io.env);
    return runReview(optionsOf(flags, target, focus, io), flags, io);
  },
});

const HINT = "codex_review --uncommitted, --base main or --commit HEAD";

function targetOf({ uncommitted, base, commit }: ReviewFlags): AskedTarget {
  const said = [
    uncommitted === true ? "--uncommitted" : "",
    base === undefined ? "" : "--base",
    commit === undefined ? "" : "--commit",
  ];
  const named = said.filter((word) => word !== "");
  if (named.length === 0) throw usageError("nothing says what is to be reviewed", HINT);
  if (named.length > 1) throw usageError(`${named.join(" and ")} contradict each other`, "give one of them");
  if (base !== undefined) return { base };
  return commit === undefined ? "uncommitted" : { commit };
}

/** Several words are one focus, as they stand. */
async function focusOf(positionals: readonly string[], io: Io): Promise<string | undefined> {
  return positionals.length === 0 ? undefined : readText("focus", positionals.join(" "), io.stdin);
}

function optionsOf(flags: ReviewFlags, target: AskedTarget, focus: string | undefined, io: Io): ReviewOptions {
  const { callerDir, workspace } = locate(flags.workspace, io.cwd);
  return {
    kind: flags.adversarial ? "adversarial" : "native",
    target,
    workspace: callerDir,
    ...(focus === undefined ? {} : { focus }),
    ...(flags.path === undefined ? {} : { paths: flags.path.map((path) => belowRoot(path, callerDir, workspace)) }),
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.reasoning === undefined ? {} : { reasoning: flags.reasoning }),
    ...(flags.timeout === undefined ? {} : { timeoutS: flags.timeout }),
    ...(flags["idle-timeout"] === undefined ? {} : { idleTimeoutS: flags["idle-timeout"] }),
    ...(flags["max-parallel"] === undefined ? {} : { maxParallel: flags["max-parallel"] }),
    ...(flags["shard-bytes"] === undefined ? {} : { shardBytes: flags["shard-bytes"] }),
    ...(flags.background === undefined ? {} : { background: flags.background }),
  };
}

/** A path as the change names it; one that was deleted is no less a part of the change. */
function belowRoot(path: string, callerDir: string, workspace: string): string {
  const below = relative(workspace, resolve(callerDir, path));
  if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below))
    throw usageError(`--path ${path} lies outside of the repository ${workspace}`, "name a file or directory in it");
  return below.split(sep).join("/");
}

const OF_LEDGER = new Set(["ledger", "waive", "unwaive", "reason", "json", "workspace"]);
const OF_COLLECT = new Set(["collect", "json", "sarif", "quiet", "verbose"]);

function onlyLedger(flags: ReviewFlags, positionals: readonly string[]): ReviewFlags {
  refuseBeside(flags, OF_LEDGER, positionals, "the ledger");
  return flags;
}

function onlyCollect(flags: ReviewFlags, positionals: readonly string[], io: Io): ReviewFlags {
  refuseBeside(flags, OF_COLLECT, positionals, "--collect");
  checkSarif(flags, io);
  return flags;
}

/** An option that is taken and ignored would be a lie. */
function refuseBeside(
  flags: ReviewFlags,
  own: ReadonlySet<string>,
  positionals: readonly string[],
  what: string,
): void {
  const other = Object.entries(flags).find(([name, value]) => value !== undefined && !own.has(name))?.[0];
  if (other !== undefined) throw usageError(`--${other} has nothing to do with ${what}`, "leave it out");
  if (positionals.length > 0) throw usageError(`${what} takes no focus`, "leave the text out");
}
