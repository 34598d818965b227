import type { Tokens } from "../../core/event.ts";
import { oneLine } from "../../core/one-line.ts";
import { cutBytes, fitLines, type Line } from "./fit-lines.ts";
import type { LimitsLeft, StatusReport } from "./report-status.ts";
import { shortTime } from "./short-time.ts";

/** A look must not cost Claude more than this, whatever the session does (its end included). */
const MAX_BYTES = 599;
const NEXT_BYTES = 200;

/** The status as lines, always below 600 bytes: long words are cut, ids and numbers never. */
export function renderStatus(report: StatusReport): string {
  const { question } = report;
  const lines: (Line | undefined)[] = [
    { text: `broker_id=${report.broker_id}` },
    soft("name=", report.name, 64, 4),
    { text: `status=${report.status}` },
    hard("session_id=", report.session_id),
    hard("run_id=", report.run_id),
    soft("now=", nowText(report), 150, 2),
    // Of an idle session the line above says it.
    hard("last_verdict=", report.idle_s === null ? report.last_verdict : null),
    hard("elapsed=", report.elapsed_ms === null ? null : shortTime(report.elapsed_ms)),
    { text: `queue=${report.queue_depth}` },
    hard("tokens=", report.tokens && tokensText(report.tokens)),
    { text: `limits=${limitsText(report.limits)}${usageText(report)}` },
    soft("last_error=", report.last_error, 150, 3),
    ...(question
      ? [
          soft("[QUESTION] ", question.question, 200, 1),
          soft("options: ", question.options.length > 0 ? question.options.join(" | ") : null, 120, 5),
        ]
      : []),
    { text: `next=${nextText(report)}` },
  ];
  return fitLines(
    lines.flatMap((line) => line ?? []),
    MAX_BYTES,
  );
}

export const tokensText = ({ input, cached, output }: Tokens): string => `in:${input} cached:${cached} out:${output}`;

/** A command must be whole; where the skill lies too deep, the name by which the help knows it has to do. */
export function nextText({ next, broker_id: id }: StatusReport): string {
  if (Buffer.byteLength(next) <= NEXT_BYTES) return next;
  const words = /(\w+)\.mjs"? ([\s\S]*)$/.exec(next);
  return words ? `${words[1]} ${words[2]}` : `codex_broker summary ${id}`;
}

export function nowText({ now, idle_s: idleS, last_verdict: verdict }: StatusReport): string | null {
  // The time comes first: it is what the cut must not take.
  if (now) return `${shortTime(now.for_s * 1000)} ${now.what}`;
  return idleS === null ? null : `${shortTime(idleS * 1000)} idle${verdict ? ` after ${verdict}` : ""}`;
}

export function limitsText(limits: LimitsLeft | null): string {
  if (limits === null) return "none";
  const said = [
    ["total", limits.total_s],
    ["idle", limits.idle_s],
    ["answer", limits.answer_s],
    ["idle-exit", limits.idle_exit_s],
  ] as const;
  return said.flatMap(([name, left]) => (left === null ? [] : [`${name}:${shortTime(left * 1000)}`])).join(" ");
}

const usageText = ({ usage_limit: usage }: StatusReport): string =>
  usage?.used_percent == null ? "" : ` usage:${Math.round(usage.used_percent)}%`;

const hard = (head: string, value: string | null): Line | undefined =>
  value === null ? undefined : { text: head + value };

const soft = (head: string, value: string | null, atMost: number, rank: number): Line | undefined =>
  value === null ? undefined : { text: cutBytes(head + oneLine(value.slice(0, atMost * 8)), atMost), atMost, rank };
