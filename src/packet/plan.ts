import { usageError } from "../core/errors.ts";
import { fault } from "./fault.ts";
import { type MarkdownLine, markdownLines } from "./markdown-lines.ts";
import { readUnitFields, type UnitFields } from "./plan-fields.ts";
import { type PlanFile, readUnitFiles } from "./plan-files.ts";
import { findHeads, type UnitHead } from "./plan-heads.ts";
import { plainText, readText } from "./read-text.ts";
import { shownPath } from "./shown-path.ts";

/** One unit of a plan, as its author wrote it. */
export interface PlanUnit {
  id: string;
  title: string;
  line: number;
  /** Its author wants it done by Codex: `Execution target: external-delegate`. */
  delegate: boolean;
  goal: string;
  approach: string;
  executionNote: string;
  testScenarios: string;
  /** A line each. */
  verification: string[];
  dependencies: string;
  files: PlanFile[];
  /** Lines among the files that name nothing that could be taken as a path. */
  unclear: { line: number; text: string }[];
}

/** A plan in Markdown, cut into the units that have a name. */
export interface Plan {
  path: string;
  units: PlanUnit[];
}

const FENCE_INDENT = 12;
const TARGET = /execution target[*_`\s]*:[*_`\s]*external-delegate(?![\w-])/i;

/** The units of a plan. An id that two units have is refused: nobody could say which of them a session works on. */
export function parsePlan(text: string, path: string): Plan {
  const plain = plainText(text, path);
  if (plain.trim() === "") throw usageError(`the plan ${shownPath(path)} is empty`, "name a Markdown file with units");
  const { lines } = markdownLines(plain, FENCE_INDENT);
  const heads = findHeads(lines);
  const first = new Map<string, number>();
  for (const { id, line } of heads) {
    const before = first.get(id);
    if (before !== undefined)
      throw fault(
        path,
        line,
        `the unit ${id} is there twice, first in line ${before}`,
        "give each unit an id of its own",
      );
    first.set(id, line);
  }
  return { path, units: heads.map((head) => readUnit(head, lines)) };
}

/** The same for a file, which is checked before it is read. */
export const readPlan = async (path: string): Promise<Plan> => parsePlan(readText(path, "plan"), path);

/** The units that are meant for Codex. */
export const listUnits = (plan: Plan): PlanUnit[] => plan.units.filter((unit) => unit.delegate);

function readUnit(head: UnitHead, lines: readonly MarkdownLine[]): PlanUnit {
  const fields = readUnitFields(lines.slice(head.line, head.end - 1));
  const { files, unclear } = readUnitFiles(fields.lines("files"));
  return {
    id: head.id,
    title: head.title,
    line: head.line,
    delegate: isDelegated(fields),
    goal: fields.text("goal"),
    approach: fields.text("approach"),
    executionNote: fields.text("execution note"),
    testScenarios: fields.text("test scenarios"),
    verification: fields
      .text("verification")
      .split("\n")
      .filter((line) => line.trim() !== ""),
    dependencies: fields.text("dependencies"),
    files,
    unclear,
  };
}

const isDelegated = (fields: UnitFields): boolean =>
  TARGET.test(`execution target: ${fields.text("execution target")}`) || TARGET.test(fields.text("execution note"));

// What works on a plan is imported from one place by those who have one.
