import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type BrokerDoor, type BrokerServer, listen } from "../../../src/broker/listen.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { TOKEN } from "./peer.ts";

export interface Opened {
  server: BrokerServer;
  path: string;
  /** What the broker was asked to do, in order. */
  asked: unknown[][];
}

/** A real socket with a door behind it that notes what it is asked; closed when the test ends. */
export async function openDoor(
  over: Partial<BrokerDoor> = {},
  path = join(tempDir(), "sockets", "s"),
): Promise<Opened> {
  const asked: unknown[][] = [];
  const door: BrokerDoor = {
    attach: () => ({ parked: null }),
    answer: () => ({ delivered: true, run_id: "r-1" }),
    cancel: async () => undefined,
    send: async ({ request }) => ({ delivery: "queued", run_id: request.runId, queue_depth: 1, note: null }),
    stop: async () => ({ processes: { killed: ["sleep"], left: [], removed_dirs: [] }, undelivered: ["m-1"] }),
    ...over,
  };
  const note = <T>(call: unknown[], answer: T): T => {
    asked.push(call);
    return answer;
  };
  const noted: BrokerDoor = {
    attach: () => note(["attach"], door.attach()),
    answer: (...args) => note(["answer", ...args], door.answer(...args)),
    cancel: (...args) => note(["cancel", ...args], door.cancel(...args)),
    send: (params) => note(["send", params.text], door.send(params)),
    stop: (reason) => note(["stop", reason], door.stop(reason)),
  };
  const server = await listen(path, { token: TOKEN, door: noted });
  onTestFinished(() => server.close());
  return { server, path, asked };
}
