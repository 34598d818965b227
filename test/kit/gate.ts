import { setTimeout as sleep } from "node:timers/promises";

/** Holds an answer of the scripted model back until a test opens it, and tells how many requests stand before it. */
export interface Gate {
  readonly waiting: number;
  readonly isOpen: boolean;
  open(): void;
  /** Resolves when the gate is open; meanwhile `flow` is called again and again. */
  pass(flow?: () => void): Promise<void>;
}

const FLOW_MS = 20;

export function createGate(): Gate {
  let isOpen = false;
  let waiting = 0;
  return {
    get waiting() {
      return waiting;
    },
    get isOpen() {
      return isOpen;
    },
    open: () => {
      isOpen = true;
    },
    async pass(flow) {
      waiting += 1;
      while (!isOpen) {
        flow?.();
        await sleep(FLOW_MS);
      }
      waiting -= 1;
    },
  };
}
