import type { Io } from "../cli/define.ts";
import { oneLine } from "../core/one-line.ts";

const LINE_EVERY_MS = 10_000;
const HEARTBEAT_MS = 30_000;
const LIVE_EVERY_MS = 200;
const LIVE_WIDTH = 78;

export type Loudness = "quiet" | "normal" | "verbose";

export interface Progress {
  see(event: { type: string; [key: string]: unknown }): void;
  close(): void;
}

/**
 * Progress on stderr: on a terminal one live line; else at most a line in 10 s and a heartbeat in 30 s, so that a
 * long run costs its reader little. `verbose` shows every event as it comes.
 */
export function createProgress(stderr: Io["stderr"], loudness: Loudness, now: () => number = Date.now): Progress {
  if (loudness === "quiet") return { see() {}, close() {} };
  const startedAt = now();
  const live = loudness === "normal" && stderr.isTTY === true;
  let doing = "starting Codex";
  let printedAt = Number.NEGATIVE_INFINITY;
  let printed = "";

  const elapsed = () => `+${Math.round((now() - startedAt) / 1000)}s`;
  const print = (text: string) => {
    printedAt = now();
    printed = text;
    if (live) stderr.write(`\r\x1b[2K${`[PROGRESS] ${elapsed()} ${text}`.slice(0, LIVE_WIDTH)}`);
    else stderr.write(`[PROGRESS] ${elapsed()} ${text}\n`);
  };
  const beat = () => {
    const quietFor = now() - printedAt;
    if (live || (doing !== printed && quietFor >= LINE_EVERY_MS) || quietFor >= HEARTBEAT_MS) print(doing);
  };
  const timer = setInterval(beat, live ? LIVE_EVERY_MS * 5 : 1_000);
  timer.unref();

  return {
    see(event) {
      const text = describeEvent(event);
      if (text === undefined) return;
      doing = text;
      if (loudness === "verbose" || now() - printedAt >= (live ? LIVE_EVERY_MS : LINE_EVERY_MS)) print(text);
    },
    close() {
      clearInterval(timer);
      if (live && printed !== "") stderr.write("\r\x1b[2K");
    },
  };
}

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
