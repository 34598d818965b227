import { setTimeout as sleep } from "node:timers/promises";
import type { Gate } from "./gate.ts";

/** Lets the answers of the scripted model through one by one, and knows how many stood before it at most. */
export interface Turnstile extends Gate {
  readonly most: number;
  /** Lets those through that came first, so many of them. */
  letThrough(count: number): void;
}

const LOOK_MS = 20;

export function createTurnstile(): Turnstile {
  let [came, allowed, waiting, most] = [0, 0, 0, 0];
  return {
    get waiting() {
      return waiting;
    },
    get most() {
      return most;
    },
    get isOpen() {
      return allowed === Number.POSITIVE_INFINITY;
    },
    open() {
      allowed = Number.POSITIVE_INFINITY;
    },
    letThrough(count) {
      allowed += count;
    },
    async pass() {
      const place = ++came;
      waiting += 1;
      most = Math.max(most, waiting);
      while (place > allowed) await sleep(LOOK_MS);
      waiting -= 1;
    },
  };
}
