import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Push } from "../../../src/core/request.ts";
import { postChannel } from "../../../src/push/post-channel.ts";
import { aboutRun, finishedEvent } from "../../../src/push/push-event.ts";
import { AT, RUN_ID, sampleReceipt, sampleRequest } from "../core/samples.ts";

const EVENT = finishedEvent(aboutRun(sampleRequest(), null, new Date(AT)), sampleReceipt());

interface Got {
  path: string;
  method: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers with one status after the other, the last one for good; null: with nothing. */
async function receiver(...statuses: (number | null)[]) {
  const got: Got[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => {
      body += piece.toString("utf8");
    });
    request.on("end", () => {
      const status = statuses[Math.min(got.length, statuses.length - 1)];
      got.push({ path: request.url ?? "", method: request.method ?? "", headers: request.headers, body });
      if (status === null) response.destroy();
      // Never whole: only the head of an answer counts.
      else response.writeHead(status ?? 200, { location: "/elsewhere", "content-length": "5000" }).write("x");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const address = server.address();
  return { got, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook?to=me` };
}

const channel = (url: string, over: Partial<Push> = {}, env: NodeJS.ProcessEnv = {}) =>
  postChannel({ insecure: false, desktop: false, ...over }, { address: url, runId: RUN_ID, env });
const send = (...about: Parameters<typeof channel>) => channel(...about).send(EVENT, new AbortController().signal);

describe("posting an event", () => {
  it("says what it is", async () => {
    const { got, url } = await receiver(202);
    await send(url);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({ path: "/hook?to=me", method: "POST" });
    expect(got[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "x-ask-codex-event": "finished",
      "x-ask-codex-delivery": `${RUN_ID}-1`,
    });
    expect(got[0]?.headers).not.toHaveProperty("x-ask-codex-signature");
    expect(JSON.parse(got[0]?.body ?? "")).toEqual(EVENT);
  });

  it("signs the very bytes that are sent", async () => {
    const { got, url } = await receiver(200);
    await send(url, { secretEnv: "SECRET" }, { SECRET: "geheim" });
    const expected = createHmac("sha256", "geheim")
      .update(got[0]?.body ?? "")
      .digest("hex");
    expect(got[0]?.headers["x-ask-codex-signature"]).toBe(`sha256=${expected}`);
  });

  it("sends nothing unsigned", async () => {
    const { got, url } = await receiver(200);
    await expect(send(url, { secretEnv: "SECRET" })).rejects.toThrow("SECRET, which is to sign it, is not set");
    expect(got).toEqual([]);
  });

  it.each([
    ["a 500", 500],
    ["a 429", 429],
    ["a connection that is cut", null],
  ])("tries again after %s, as the same delivery", async (_, status) => {
    const { got, url } = await receiver(status, 200);
    await send(url);
    expect(got.map((one) => one.headers["x-ask-codex-delivery"])).toEqual([`${RUN_ID}-1`, `${RUN_ID}-1`]);
    expect(got[1]?.body).toBe(got[0]?.body);
  });

  it("gives up after three tries", async () => {
    const { got, url } = await receiver(503);
    await expect(send(url)).rejects.toThrow("it answered 503 (3 tries)");
    expect(got).toHaveLength(3);
  });

  it.each([
    [404, "it answered 404"],
    [401, "it answered 401"],
    [302, "it answered 302: a redirect is not followed"],
    [308, "it answered 308: a redirect is not followed"],
  ])("takes a %d for an answer: %s", async (status, reason) => {
    const { got, url } = await receiver(status);
    await expect(send(url)).rejects.toThrow(reason);
    expect(got.map(({ path }) => path)).toEqual(["/hook?to=me"]);
  });

  it("says why nobody was there, and not where", async () => {
    // Port 1 is nobody's.
    await expect(send("http://127.0.0.1:1/geheim")).rejects.toThrow(/^ECONNREFUSED \(3 tries\)$/);
  });

  it("stops at the signal, between two tries as well", async () => {
    const { got, url } = await receiver(500);
    const abort = new AbortController();
    const sent = channel(url).send(EVENT, abort.signal);
    await expect.poll(() => got.length).toBe(1);
    abort.abort(new Error("enough"));
    await expect(sent).rejects.toThrow();
    expect(got).toHaveLength(1);
  });

  it("reads an address from its variable at each event", async () => {
    const { got, url } = await receiver(200);
    await send("env:HOOK", {}, { HOOK: url });
    expect(got).toHaveLength(1);
    await expect(send("env:HOOK")).rejects.toThrow("(the variable HOOK) is not set");
  });
});
