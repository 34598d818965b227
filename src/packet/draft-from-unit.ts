import { usageError } from "../core/errors.ts";
import type { Draft } from "./draft.ts";
import { fault, quoted } from "./fault.ts";
import { markdownLines } from "./markdown-lines.ts";
import type { Plan, PlanUnit } from "./plan.ts";
import { shownPath } from "./shown-path.ts";
import { sortChecks } from "./verification-lines.ts";

/** Under the 500 that the lint warns of. */
const MAX_WORDS = 490;
const CUT = "… (the rest is in the plan)";

/**
 * A unit of a plan as a packet for a writer: it may write the files that the unit names and no others. A unit whose
 * files can't be told is refused, for without them it could write the whole workspace.
 */
export function draftFromUnit(plan: Plan, unitId: string): Draft {
  const unit = plan.units.find(({ id }) => id === unitId);
  if (!unit) throw unknownUnit(plan, unitId);
  const { commands, prose } = sortChecks(unit.verification.join("\n"));
  const created = unit.files.filter(({ kind }) => kind === "create").map(({ path }) => path);
  return {
    role: "writer",
    goal: goalOf(unit),
    scope: scopeOf(plan, unit),
    nonGoals: ["the other units of the plan"],
    ...(created.length > 0 ? { expectFiles: [...new Set(created)] } : {}),
    ...(commands.length > 0 ? { verify: commands } : {}),
    ...(prose.length > 0 ? { verifyProse: prose } : {}),
    plan: plan.path,
    taskId: unit.id,
  };
}

function unknownUnit(plan: Plan, unitId: string): Error {
  const ids = plan.units.map(({ id }) => id).join(", ");
  const hint = ids === "" ? "it has no unit at all: a unit is a heading like ### U1. Title" : `its units are ${ids}`;
  return usageError(`the plan ${shownPath(plan.path)} has no unit ${quoted(unitId)}`, hint);
}

function scopeOf(plan: Plan, unit: PlanUnit): string[] {
  const [unclear] = unit.unclear;
  if (unclear)
    throw fault(
      plan.path,
      unclear.line,
      `the files of unit ${unit.id} have ${quoted(unclear.text)}, which names no path`,
      "write Create, Modify, Test, Delete or Read, a colon, and paths in backticks",
    );
  const scope = unit.files.filter(({ kind }) => kind !== "read").map(({ path }) => path);
  if (scope.length > 0) return [...new Set(scope)];
  throw fault(
    plan.path,
    unit.line,
    `the unit ${unit.id} names no files to change, so nobody knows what it may write`,
    "add a Files list to it, or give a goal of your own with --scope",
  );
}

/** The goal with what it takes to carry it out; long parts are cut, since the plan itself is read first. */
function goalOf(unit: PlanUnit): string {
  const note = unit.executionNote
    .replace(/(?:^|\s)[*_`]*execution target[*_`\s]*:[*_`\s]*external-delegate[*_`]*[.,;]?/i, "")
    .trim();
  const head = [`Unit ${unit.id}: ${unit.title}`, `Read unit ${unit.id} of the plan first.`, unit.goal];
  const fixed = [...head, ...(note === "" ? [] : [`Execution note: ${note}`])].filter((part) => part !== "");
  const kept = limit(fixed.join("\n\n"), MAX_WORDS);
  const left = MAX_WORDS - words(kept);
  const approach = labelled("Approach", unit.approach);
  const scenarios = labelled("Test scenarios", unit.testScenarios);
  const shownApproach = limit(approach, Math.max(left - words(scenarios), Math.floor(left / 2)));
  const shownScenarios = limit(scenarios, left - words(shownApproach));
  return [kept, shownApproach, shownScenarios].filter((part) => part !== "").join("\n\n");
}

const labelled = (label: string, text: string): string => (text === "" ? "" : `${label}:\n${text}`);
const words = (text: string): number => text.match(/\S+/g)?.length ?? 0;

/** The first words of a text; a cut inside a code fence goes back to before it. */
function limit(text: string, most: number): string {
  if (words(text) <= most) return text;
  const room = most - words(CUT);
  if (room < 10) return "";
  const ends = [...text.matchAll(/\S+/g)].map((match) => match.index + match[0].length);
  const cut = text.slice(0, ends[room - 1]);
  const { lines, openFence } = markdownLines(cut);
  const whole =
    openFence === undefined
      ? cut
      : lines
          .slice(0, openFence - 1)
          .map((line) => line.text)
          .join("\n");
  return `${whole.trimEnd()} ${CUT}`;
}
