import { describe, expect, it } from "vitest";
import { keepSession } from "../../../src/run/keep-run.ts";
import { readSession } from "../../../src/run/session-record.ts";
import { BROKER_ID, sampleRequest, THREAD_ID } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

describe("a session whose first run", () => {
  it.each<[what: string, threadId: string | undefined, adopted: true | undefined]>([
    ["goes on with a thread of somebody else's is marked, now and later", THREAD_ID, true],
    ["begins a thread is not marked, though its later runs go on with it", undefined, undefined],
  ])("%s", (_, threadId, adopted) => {
    const home = tempDir();
    const first = sampleRequest(threadId === undefined ? {} : { threadId });
    for (const request of [first, first, sampleRequest({ runId: "r-20261121-060000-aaaa", threadId: THREAD_ID })]) {
      keepSession(home, request, { sessionId: THREAD_ID, model: undefined, now: request.createdAt });
      expect(readSession(home, request.workspace, BROKER_ID)?.adopted).toBe(adopted);
    }
  });
});
