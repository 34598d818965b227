import { join } from "node:path";
import type { RunRequest } from "../../../src/core/request.ts";
import { createRecord } from "../../../src/run/create-record.ts";
import { sampleRequest } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

/** A request whose socket lies in the state home, as real ones do. */
export const requestIn = (home: string, over: Partial<RunRequest> = {}): RunRequest =>
  sampleRequest({ socket: join(home, "sockets", "s"), ...over });

/** A record in a state home of its own, which is gone when the test ends. */
export function newRecord(over: Partial<RunRequest> = {}, home = join(tempDir(), "state")) {
  const request = requestIn(home, over);
  return { home, request, dir: createRecord(home, request) };
}
