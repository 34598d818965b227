import { describeEvent } from "../../core/describe-event.ts";
import { oneLine } from "../../core/one-line.ts";
import type { LoggedEvent } from "../../run/event-log.ts";
import { shortTime } from "./short-time.ts";

const LINE_CHARS = 160;

/** One line for an event of a log. It says the ends too, which progress leaves out; undefined for mere numbers. */
export function describeLogged(event: LoggedEvent): string | undefined {
  return describeEvent(event) ?? cut(describeEnd(event));
}

function describeEnd(event: LoggedEvent): string | undefined {
  switch (event.type) {
    case "thread":
      return `session ${event.threadId}`;
    case "command_ended":
      return `exit ${event.exitCode}${took(event.durationMs)}`;
    case "check_ended":
      return `check ${event.outcome}${took(event.elapsed_ms)}: ${event.command}`;
    case "tool":
      return `tool ${event.name} has ended`;
    case "answered":
      return "the question was answered";
    case "notice":
      return `notice: ${event.message}`;
    case "refused":
      return `refused to Codex: ${event.method}`;
    case "turn_ended":
      return `the turn has ended: ${event.status}${messageOf(event.error)}`;
    default:
      return undefined;
  }
}

/** Said where it is worth a word. */
const took = (ms: unknown): string => (typeof ms === "number" && ms >= 1_000 ? ` after ${shortTime(ms)}` : "");

const cut = (text: string | undefined): string | undefined => text && oneLine(text).slice(0, LINE_CHARS);

const messageOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error ? ` (${String(error.message)})` : "";
