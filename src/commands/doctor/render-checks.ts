import type { Status } from "../../doctor/check.ts";
import type { Checked } from "../../doctor/run-checks.ts";
import type { Symbols } from "./symbols.ts";

/** The table for a person: a line a check, and below each that is not well the command that cures it. */
export function renderChecks(
  checks: readonly Checked[],
  { marks, paint, quiet }: Symbols & { quiet: boolean },
): string {
  const width = Math.max(...checks.map(({ title }) => title.length));
  const isShown = ({ status }: Checked) => !quiet || status === "fail" || status === "warn";
  const lines = checks.filter(isShown).flatMap(({ status, title, detail, cure }) => {
    const line = `${paint(status, marks[status])} ${title.padEnd(width)}  ${detail}`;
    const isCured = (status === "fail" || status === "warn") && cure !== undefined;
    return isCured ? [line, `${" ".repeat(width + 4)}cure: ${cure}`] : [line];
  });
  const summary = quiet ? [] : ["", summarize(checks)];
  return [...lines, ...summary].map((line) => `${line}\n`).join("");
}

function summarize(checks: readonly Checked[]): string {
  const count = (status: Status) => checks.filter((one) => one.status === status).length;
  const [fail, warn] = [count("fail"), count("warn")];
  const end = fail > 0 ? "a run can't work as things are" : warn > 0 ? "runs can work" : "all is well";
  const fixable = checks.some(({ fix, status }) => fix && status !== "ok")
    ? "; codex_doctor --fix mends what is safe to mend"
    : "";
  return `${count("ok")} well, ${warn} to look at, ${fail} broken, ${count("skipped")} not looked at: ${end}${fixable}`;
}
