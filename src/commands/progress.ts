import type { Io } from "../cli/define.ts";
import { describeEvent } from "../core/describe-event.ts";

const LINE_EVERY_MS = 10_000;
const HEARTBEAT_MS = 30_000;
const LIVE_EVERY_MS = 200;
const LIVE_WIDTH = 78;

export type Loudness = "quiet" | "normal" | "verbose";

export interface Progress {
  /** `of` names the run, where there are several. */
  see(event: { type: string; [key: string]: unknown }, of?: string): void;
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
    see(event, of) {
      const told = describeEvent(event);
      if (told === undefined) return;
      const text = of === undefined ? told : `${of}: ${told}`;
      doing = text;
      const isTold = loudness === "verbose" || event.type === "review_started";
      if (isTold || now() - printedAt >= (live ? LIVE_EVERY_MS : LINE_EVERY_MS)) print(text);
    },
    close() {
      clearInterval(timer);
      if (live && printed !== "") stderr.write("\r\x1b[2K");
    },
  };
}
