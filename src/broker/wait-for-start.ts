import { appendFileSync, existsSync, type FSWatcher, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "../core/event.ts";
import { attempt, writeWhole } from "../sys/files.ts";
import { currentOwner } from "../sys/owner.ts";
import { createSlot, type Slot, slotsDir } from "./slots.ts";

/** How often a run that waits looks by itself: a place may become free by a death that nobody tells. */
const LOOK_MS = 2_000;
/** The same where the system can't tell what happens in a folder; those in front look more often. */
const LOOK_ALONE_MS = 300;
const LOOK_ALONE_STEP_MS = 50;
/** A clock that jumps is met within this. */
const CLOCK_STEP_MS = 60_000;
/** A place that moves is told no more often. */
const TELL_EVERY_MS = 5_000;
/** After a change in the line those in front look first. */
const WAKE_MS = 15;
const WAKE_STEP_MS = 5;

/** What a run waits for before it begins. */
export interface StartRules {
  runId: string;
  /** It begins when fewer runs than so many, begun before it, go on; 0: it takes no place in the line. */
  maxParallel: number;
  /** It begins no earlier (ISO); null: as soon as it may. */
  notBefore: string | null;
}

type Waiting = Omit<Extract<RunEvent, { type: "waiting" }>, "type">;

/** The waiting of one run, which one part of its broker may begin and another one go on with. */
export interface StartWait {
  readonly begun: boolean;
  /**
   * Resolves with `begun` when the run may begin, with `aborted` when the signal came first, and with `removed` when
   * its record is gone. `tell` hears what it waits for.
   */
  until(signal: AbortSignal, tell: (event: RunEvent) => void): Promise<"begun" | "aborted" | "removed">;
  /** The run is over, or will never begin: its place is free. */
  over(): void;
}

/** Whether a run has anything to wait for. */
export const mustWait = ({ maxParallel, notBefore }: Omit<StartRules, "runId">): boolean =>
  maxParallel > 0 || notBefore !== null;

/**
 * Waits for the time and then in the line, in that order: a parked run holds no place. What it waits for is in
 * status.json and events.jsonl. Nothing heavy may be imported here.
 */
export function createStartWait(home: string, dir: string, rules: StartRules): StartWait {
  const { runId, maxParallel, notBefore } = rules;
  let told: { waiting: Waiting; at: number } | undefined;
  let begun = false;
  let hear: (event: RunEvent) => void = () => {};

  const log = (event: RunEvent): void => {
    attempt(() => appendFileSync(join(dir, "events.jsonl"), lineOf(event), { mode: 0o600 }));
    hear(event);
  };
  const slot: Slot = createSlot(home, { version: 1, run_id: runId, owner: currentOwner(), record: dir }, (path) =>
    log({ type: "warning", message: `${path} is no ticket of a run; it was left alone` }),
  );
  let isIn = false;

  const report = (waiting: Waiting): void => {
    if (told && JSON.stringify(told.waiting) === JSON.stringify(waiting)) return;
    if (told && told.waiting.for === waiting.for && Date.now() - told.at < TELL_EVERY_MS) return;
    told = { waiting, at: Date.now() };
    setStatus(dir, { state: "queued", waiting });
    log({ type: "waiting", ...waiting });
  };

  /** What the run waits for now, and for how long at the most before it looks again; undefined: for nothing. */
  const look = (): { waiting: Waiting; forMs: number } | undefined => {
    const left = notBefore === null ? 0 : Date.parse(notBefore) - Date.now();
    if (left > 0) {
      const waiting: Waiting = { for: "quota", ahead: null, until: notBefore };
      return { waiting, forMs: Math.min(left, CLOCK_STEP_MS) };
    }
    if (maxParallel === 0) return undefined;
    for (;;) {
      if (!isIn) slot.take();
      isIn = true;
      const place = slot.look(maxParallel);
      if (place !== "lost")
        return place.isFree ? undefined : { waiting: { for: "slot", ahead: place.ahead, until: null }, forMs: LOOK_MS };
      isIn = false;
    }
  };

  return {
    get begun() {
      return begun;
    },
    async until(signal, tell) {
      hear = tell;
      const bell = createBell(slotsDir(home));
      try {
        while (!signal.aborted) {
          if (!existsSync(join(dir, "request.json"))) return "removed";
          const found = look();
          if (!found) {
            begun = true;
            setStatus(dir, { state: "running" });
            return "begun";
          }
          const { waiting, forMs } = found;
          report(waiting);
          await bell.next(waiting.for === "slot" ? { forMs, behind: waiting.ahead ?? 0 } : { forMs }, signal);
        }
        return "aborted";
      } finally {
        bell.close();
        hear = () => {};
      }
    },
    over: () => slot.leave(),
  };
}

/** Rings when something changed in the line, or after a time. */
interface Bell {
  /** `behind`: so many are before whoever listens; undefined: the line is not listened to. */
  next(how: { forMs: number; behind?: number }, signal: AbortSignal): Promise<void>;
  close(): void;
}

function createBell(dir: string): Bell {
  let watcher: FSWatcher | undefined;
  let isDeaf = false;
  let stir: () => void = () => {};
  const listen = (): void => {
    if (watcher || isDeaf) return;
    try {
      watcher = watch(dir, { persistent: false }, () => stir());
      // No more watches are to be had, or the folder was taken away: then the clock alone rings.
      watcher.on("error", () => {
        isDeaf = true;
      });
    } catch {
      isDeaf = true;
    }
  };
  return {
    next({ forMs, behind }, signal) {
      if (behind !== undefined) listen();
      return new Promise((resolve) => {
        let soon: NodeJS.Timeout | undefined;
        const ring = () => {
          clearTimeout(timer);
          clearTimeout(soon);
          signal.removeEventListener("abort", ring);
          stir = () => {};
          resolve();
        };
        const alone = behind !== undefined && isDeaf ? LOOK_ALONE_MS + behind * LOOK_ALONE_STEP_MS : forMs;
        const timer = setTimeout(ring, Math.min(forMs, alone));
        signal.addEventListener("abort", ring);
        if (behind !== undefined)
          stir = () => {
            soon ??= setTimeout(ring, WAKE_MS + Math.min(behind, 100) * WAKE_STEP_MS);
          };
        if (signal.aborted) ring();
      });
    },
    close: () => watcher?.close(),
  };
}

/** Changes what status.json says of the waiting; all else in it stays. */
function setStatus(dir: string, change: { state: "queued" | "running"; waiting?: Waiting }): void {
  const path = join(dir, "status.json");
  const found: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof found !== "object" || found === null) return;
  const status: Record<string, unknown> = { ...found };
  delete status.waiting;
  const now = { ...status, ...change, updatedAt: new Date().toISOString() };
  writeWhole(path, `${JSON.stringify(now, null, 2)}\n`);
}

const lineOf = (event: RunEvent): string => `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`;
