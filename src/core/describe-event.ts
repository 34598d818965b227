import { oneLine } from "./one-line.ts";

/** One line for an event, or undefined for one that a reader would not miss. Codex's text is made harmless for a terminal. */
export function describeEvent(event: { type: string; [key: string]: unknown }): string | undefined {
  const text = rawDescription(event);
  return text === undefined ? undefined : oneLine(text).slice(0, 160);
}

function rawDescription(event: { type: string; [key: string]: unknown }): string | undefined {
  switch (event.type) {
    case "turn":
      return "Codex is thinking";
    case "message":
      return `Codex: ${event.text}`;
    case "writing":
      return `Codex writes: ${event.head}…`;
    case "restarted":
      return `Codex is started again: ${event.reason}`;
    case "waiting":
      return waitingText(event);
    case "review_started":
      return `the first turn failed, Codex gets a second one: ${event.reason}`;
    case "steered":
      return "Codex has your message";
    case "reasoning":
      return `thinking: ${event.text}`;
    case "command_started":
      return unwrapShell(String(event.command));
    case "command_ended":
      return event.exitCode === 0 ? undefined : `exit ${event.exitCode}: ${unwrapShell(String(event.command))}`;
    case "check_started":
      return `check ${event.index}/${event.count}${before(event)}: ${event.command}`;
    case "check_ended":
      return event.outcome === "passed" ? undefined : `check ${event.outcome}${before(event)}: ${event.command}`;
    case "edit":
      return `edited ${Array.isArray(event.files) ? event.files.map(pathOf).join(", ") : "files"}`;
    case "tool":
      return event.phase === "started" ? `tool ${event.name}` : undefined;
    case "question":
      return `Codex asks: ${event.question}`;
    case "retry":
      return `Codex retries: ${event.message}${detailsOf(event.error)}`;
    case "warning":
      return `warning: ${event.message}`;
    default:
      return undefined;
  }
}

function waitingText({ ahead, until, ...event }: { [key: string]: unknown }): string {
  if (event.for === "quota") return `waiting for the quota${typeof until === "string" ? ` until ${until}` : ""}`;
  const place = "waiting for its place among the background runs";
  if (typeof ahead !== "number") return place;
  return ahead === 0 ? `${place}: it is next` : `${place}: ${ahead} ${ahead === 1 ? "is" : "are"} before it`;
}

const before = (event: { [key: string]: unknown }): string => (event.phase === "base" ? " before the turn" : "");

/** Codex runs everything as `/bin/bash -lc '…'`; what stands in the quotes is what a person wants to see. */
function unwrapShell(command: string): string {
  const inner = /^\S*sh -l?c (['"])([\s\S]*)\1$/.exec(command);
  return inner?.[2] ?? command.replace(/^\S*sh -l?c /, "");
}

const pathOf = (file: unknown): string =>
  typeof file === "object" && file !== null && "path" in file ? String(file.path) : "?";

const detailsOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "details" in error && error.details
    ? ` (${String(error.details)})`
    : "";
