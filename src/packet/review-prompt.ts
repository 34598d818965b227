import { oneLine, shortLine } from "../core/one-line.ts";
import type { Packet } from "../core/packet.ts";
import { buildFollowUp } from "./prompt.ts";
import { shownPath } from "./shown-path.ts";

/** Longest of all output that is shown together, in characters: the ends, where the result is. */
const OUTPUT_CHARS = 4_000;
const MAX_CHECKS = 8;
const COMMAND_CHARS = 400;
const SAID_CHARS = 1_000;
const MAX_FILES = 30;

/** What a turn that is over fell short of. */
export interface Shortfall {
  /** What is wrong with its end or its report, said to Codex; undefined: nothing. */
  said: string | undefined;
  /** Checks that did not pass: the command, how it ended (`exit 1`), and the end of its output. */
  checks: readonly { command: string; how: string; output: string }[];
  /** Expected files that are not there. */
  missing: readonly string[];
  /** Why the answer breaks the schema. */
  schema: string | undefined;
}

/**
 * The prompt of the one turn that a run gets after its first one failed. Codex has the goal and its own steps in the
 * thread; what it can't know is what the caller found.
 */
export function buildReview(input: {
  packet: Packet;
  shortfall: Shortfall;
  schema: boolean;
  askTool: boolean;
}): string {
  const { packet, shortfall, schema, askTool } = input;
  const { said, checks, missing } = shortfall;
  const shown = checks.slice(0, MAX_CHECKS);
  const goal = [
    "The caller has looked at what your last turn left, and it is not done yet:",
    ...(said === undefined ? [] : [`- ${shortLine(said, SAID_CHARS)}`]),
    ...shown.map((check) => checkText(check, Math.floor(OUTPUT_CHARS / shown.length))),
    ...(checks.length > shown.length ? [`- ${checks.length - shown.length} more checks did not pass.`] : []),
    ...(missing.length === 0
      ? []
      : [`- Expected and not there: ${missing.slice(0, MAX_FILES).map(shownPath).join(", ")}`]),
    ...(shortfall.schema === undefined
      ? []
      : [`- Your last message breaks the output schema: ${shortLine(shortfall.schema, SAID_CHARS)}`]),
    "",
    "Find the cause and put it right; the goal, the write scope and the rules are the same as before. Don't change a check to make it pass. This is the only second try: nobody asks again after it. Then report as before, about all of the work.",
  ].join("\n");
  // Of the packet what must be said again at the end of a message.
  const again: Packet = {
    version: 1,
    goal,
    role: packet.role,
    files: [],
    nonGoals: [],
    verify: packet.verify,
    verifyProse: packet.verifyProse,
    expectFiles: packet.expectFiles,
    allowDirtyOverlap: packet.allowDirtyOverlap,
  };
  return buildFollowUp({ packet: again, facts: NO_FACTS, schema, askTool });
}

const NO_FACTS = { path: "", git: false, guides: [], files: [] };

function checkText({ command, how, output }: Shortfall["checks"][number], chars: number): string {
  const head = `- The check \`${[...oneLine(command)].slice(0, COMMAND_CHARS).join("")}\` did not pass: ${how}.`;
  const end = output.trimEnd().slice(-chars);
  if (end.trim() === "") return `${head} It printed nothing.`;
  const fence = "`".repeat(Math.max(3, ...(end.match(/`+/g) ?? []).map((ticks) => ticks.length + 1)));
  return `${head} The end of its output:\n${fence}\n${end}\n${fence}`;
}
