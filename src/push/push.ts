import type { RunEvent } from "../core/event.ts";
import type { Receipt } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import { RUN_MARKER } from "../sys/environment.ts";
import { commandChannel } from "./command-channel.ts";
import { desktopChannel } from "./desktop-channel.ts";
import { type Channel, createLine, type Failure } from "./line.ts";
import { postChannel } from "./post-channel.ts";
import { aboutRun, finishedEvent, type PushEvent, progressText, questionEvent } from "./push-event.ts";
import { streamChannel } from "./stream-channel.ts";

type Told = NonNullable<Receipt["notifications"]>;

/** What tells the caller of a run how it goes. Nothing of it throws, waits or changes anything of the run. */
export interface PushLine {
  see(event: RunEvent): void;
  /** The run asks, and its turn waits for the answer. */
  parked(receipt: Receipt): void;
  /** What came of it so far. */
  soFar(): Told;
  /** Tells the end, once; resolves within 20 s with what came of all of it. */
  ended(receipt: Receipt): Promise<Told>;
}

export interface PushAbout {
  request: RunRequest;
  env: NodeJS.ProcessEnv;
  /** In ms, and never back. */
  now?: () => number;
}

/** Undefined when nobody is to be told. */
export function createPush({ request, env, now = () => performance.now() }: PushAbout): PushLine | undefined {
  const lines = channelsOf(request, env).map((channel) => createLine(channel, now));
  if (lines.length === 0) return undefined;
  const startedAt = now();
  let sessionId: string | null = request.threadId ?? null;
  let started = false;
  let end: Promise<Told> | undefined;
  const about = () => aboutRun(request, sessionId, new Date());
  const putAll = (event: PushEvent) => {
    for (const line of lines) line.put(event);
  };
  const told = (pending: boolean): Told => ({
    sent: lines.reduce((sum, line) => sum + line.sent, 0),
    failed: lines.flatMap((line): Failure[] => [...line.failed]),
    pending,
  });

  return {
    see(event) {
      if (end) return;
      if (event.type === "thread") {
        sessionId = event.threadId;
        if (!started) putAll({ ...about(), event: "started" });
        started = true;
        return;
      }
      if (!started || event.type === "question" || !lines.some((line) => line.takesProgress())) return;
      const text = progressText({ ...event });
      if (text === undefined) return;
      putAll({ ...about(), event: "progress", text, elapsed_ms: Math.round(now() - startedAt) });
    },
    parked(receipt) {
      if (end) return;
      sessionId = receipt.session_id ?? sessionId;
      putAll(questionEvent(about(), receipt));
    },
    soFar: () => told(true),
    ended(receipt) {
      sessionId = receipt.session_id ?? sessionId;
      const event = finishedEvent(about(), receipt);
      end ??= Promise.all(lines.map((line) => line.end(event))).then(() => told(false));
      return end;
    },
  };
}

function channelsOf(request: RunRequest, env: NodeJS.ProcessEnv): Channel[] {
  const { push, runId, workspace } = request;
  if (push === undefined) return [];
  const { [RUN_MARKER]: _, ...callers } = env;
  const about = { cwd: push.cwd ?? workspace, env: callers };
  return [
    ...(push.cmd === undefined ? [] : [commandChannel(push.cmd, about)]),
    ...(push.url === undefined ? [] : [postChannel(push, { address: push.url, runId, env })]),
    ...(push.stream === undefined ? [] : [streamChannel(push.stream)]),
    ...(push.desktop ? [desktopChannel(about)] : []),
  ];
}
