import type { Status } from "../check.ts";
import { NO_TIME, type SelfTestResult, type TestedFact } from "./result.ts";

/** The signs of the doctor's other table, as the terminal can show them. */
type Marks = Record<Status, string>;

/** The table for a person: what holds, what does not, and what ask-codex does about that. */
export function renderSelfTest({ codex, facts, ok, elapsed_ms }: SelfTestResult, marks: Marks): string {
  const width = Math.max(...facts.map((fact) => fact.id.length));
  const count = (holds: TestedFact["holds"]) => facts.filter((fact) => fact.holds === holds).length;
  const seconds = (elapsed_ms / 1000).toFixed(1);
  const needed = facts.filter(({ matters }) => matters === "needed");
  return [
    `Codex ${codex.version} (${codex.path})`,
    "",
    ...facts.flatMap((fact) => renderFact(fact, width, marks)),
    "",
    `${count(true)} of ${facts.length} facts hold, ${count(false)} don't, ${count("unknown")} can't be seen here (${seconds} s)`,
    ok
      ? "ask-codex can work with this Codex: what does not hold is worked around or told, as the arrows say."
      : whyNot(needed),
    "",
  ].join("\n");
}

function whyNot(needed: readonly TestedFact[]): string {
  const names = (facts: readonly TestedFact[]) => facts.map((fact) => fact.id).join(", ");
  const failed = needed.filter(({ holds }) => holds === false);
  return failed.length > 0
    ? `ask-codex can't work safely with this Codex: ${names(failed)} must hold.`
    : `Nobody can say yet: ${names(needed.filter(({ saw }) => saw === NO_TIME))} had no time. Call it again when the machine is less busy.`;
}

/** A line, and for what does not hold a second one. */
function renderFact(fact: TestedFact, width: number, marks: Marks): string[] {
  const line = `${marks[statusOf(fact)]} ${fact.id.padEnd(width)}  ${fact.claim}`;
  const indent = " ".repeat(width + 4);
  if (fact.holds === true) return [line];
  return [line, `${indent}saw: ${fact.saw}`, ...(fact.holds === false ? [`${indent}-> ${fact.whenNot}`] : [])];
}

function statusOf({ holds, matters }: TestedFact): Status {
  if (holds === "unknown") return "skipped";
  return holds ? "ok" : matters === "needed" ? "fail" : "warn";
}
