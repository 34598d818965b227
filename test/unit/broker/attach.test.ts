import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Attached, type AttachOptions, attach, dial } from "../../../src/broker/client.ts";
import type { BrokerDoor } from "../../../src/broker/listen.ts";
import type { Receipt } from "../../../src/core/record.ts";
import { writeStatus } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { currentOwner, ownerOf } from "../../../src/sys/owner.ts";
import { AT, RUN_ID, sampleReceipt } from "../core/samples.ts";
import { newRecord } from "../run/new-record.ts";
import { openDoor } from "./open-door.ts";
import { hello, openFriend, TOKEN } from "./peer.ts";
import { answerAll, playBroker } from "./play-broker.ts";
import { startBroker } from "./start-broker.ts";

const event = (run_id: string, text: string) => ({ run_id, event: { type: "message", text } });
const asking = (runId = RUN_ID): Receipt => sampleReceipt({ run_id: runId, verdict: "question", exit_code: 4 });

/** A run at work whose broker is this process, and what its client has seen. */
async function runAtWork(over: Partial<BrokerDoor> = {}) {
  const record = newRecord({ token: TOKEN });
  const { dir, request } = record;
  writeStatus(dir, { version: 1, runId: RUN_ID, state: "running", updatedAt: AT, owner: currentOwner() });
  const seen: unknown[] = [];
  const options: AttachOptions = { runId: RUN_ID, dir, line: request, onEvent: ({ text }) => seen.push(text) };
  const open = () => openDoor(over, request.socket);
  return { ...record, seen, options, open };
}

async function attached(options: AttachOptions): Promise<Attached> {
  const open = await attach(options);
  if ("ended" in open) throw new Error(`ended as ${open.ended.verdict}`);
  onTestFinished(() => open.detach());
  return open;
}

describe("attaching", () => {
  it("waits for a broker that comes up", async () => {
    const { options, open, seen } = await runAtWork();
    const coming = attached(options);
    await sleep(30);
    const { server, asked } = await open();
    const line = await coming;
    expect(asked).toEqual([["attach"]]);
    server.tell("event", event(RUN_ID, "news"));
    server.tell("ended", { receipt: sampleReceipt() });
    expect(await line.next()).toEqual({ kind: "ended", receipt: sampleReceipt() });
    expect(seen).toEqual(["news"]);
  });

  it("tries again where the line is cut before it was let in", async () => {
    const { options, request } = await runAtWork();
    mkdirSync(dirname(request.socket), { recursive: true });
    let lines = 0;
    await playBroker(request.socket, (socket, chunk) => {
      lines += 1;
      if (lines < 3) socket.destroy();
      else answerAll(socket, chunk, () => ({ result: { parked: asking() } }));
    });
    expect(await (await attached(options)).next()).toMatchObject({ kind: "parked" });
    expect(lines).toBe(3);
  });

  it("has patience with a broker that is stopped", async () => {
    const { options, request } = await runAtWork();
    const broker = await startBroker(request.socket);
    await broker.freeze();
    const coming = attached(options);
    expect(await dial(request)).toBe("silent");
    broker.thaw();
    expect(await coming).toBeDefined();
  });

  it("sees only its own run", async () => {
    const { options, open, seen } = await runAtWork({ attach: () => ({ parked: asking("r-other") }) });
    const { server } = await open();
    const line = await attached(options);
    server.tell("event", event("r-other", "not ours"));
    server.tell("parked", { receipt: asking("r-other") });
    server.tell("ended", { receipt: sampleReceipt({ run_id: "r-other" }) });
    server.tell("event", event(RUN_ID, "ours"));
    server.tell("parked", { receipt: asking() });
    expect(await line.next()).toEqual({ kind: "parked", receipt: asking() });
    expect(seen).toEqual(["ours"]);
  });

  it("hears of a question that waits already", async () => {
    const { options, open } = await runAtWork({ attach: () => ({ parked: asking() }) });
    await open();
    expect(await (await attached(options)).next()).toEqual({ kind: "parked", receipt: asking() });
  });

  it("hears of an end that was told before it came, though the broker lives on", async () => {
    const { options, open, dir } = await runAtWork();
    await open();
    writeReceipt(dir, sampleReceipt());
    expect(await (await attached(options)).next()).toEqual({ kind: "ended", receipt: sampleReceipt() });
  });

  it("ends as ended where there is no broker any more", async () => {
    const { options, dir } = await runAtWork();
    writeReceipt(dir, sampleReceipt());
    expect(await attach(options)).toEqual({ ended: sampleReceipt() });
  });

  it("ends as lost where the broker died before it listened", async () => {
    const broker = await startBroker();
    const owner = ownerOf(broker.pid);
    await broker.kill();
    const { options, dir } = await runAtWork();
    writeStatus(dir, { version: 1, runId: RUN_ID, state: "running", updatedAt: AT, ...(owner ? { owner } : {}) });
    expect(await attach(options)).toMatchObject({ ended: { verdict: "lost", exit_code: 137 } });
  });

  it("is refused by a broker that is another one's, unless the run has ended", async () => {
    const { options, open, dir } = await runAtWork();
    await open();
    const stale = { ...options, line: { ...options.line, token: "stale" } };
    await expect(attach(stale)).rejects.toMatchObject({ kind: "refused" });
    writeReceipt(dir, sampleReceipt());
    expect(await attach(stale)).toEqual({ ended: sampleReceipt() });
  });

  it("says what to look at where a message's run never began", async () => {
    const { options, open, dir } = await runAtWork();
    const { server } = await open();
    rmSync(dir, { recursive: true });
    const line = await attached(options);
    await server.close();
    const never = { kind: "lost", hint: expect.stringContaining("codex_broker list") };
    await expect(line.next()).rejects.toMatchObject(never);
    await expect(attach(options)).rejects.toMatchObject(never);
  });
});

describe("an attached client", () => {
  it("answers and cancels its own run", async () => {
    const { options, open } = await runAtWork();
    const { asked } = await open();
    const line = await attached(options);
    expect(await line.answer("blue")).toBe(true);
    await line.cancel("Ctrl-C");
    expect(asked).toEqual([["attach"], ["answer", "blue", RUN_ID], ["cancel", "Ctrl-C", RUN_ID]]);
  });

  it("is told when its answer was not wanted any more, and when nobody is there for it", async () => {
    const { options, open } = await runAtWork({ answer: () => ({ delivered: false, run_id: null }) });
    const { server } = await open();
    const line = await attached(options);
    expect(await line.answer("blue")).toBe(false);
    await server.close();
    expect(await line.answer("blue")).toBe(false);
    await line.cancel("nobody hears it");
  });

  it("finds the end in the record when the line is cut before it was told", async () => {
    const { options, open, dir } = await runAtWork();
    const { server } = await open();
    const line = await attached(options);
    writeReceipt(dir, sampleReceipt());
    const next = line.next();
    await server.close();
    expect(await next).toEqual({ kind: "ended", receipt: sampleReceipt() });
  });

  it("sees its broker die", async () => {
    const { options, request, dir } = await runAtWork();
    const broker = await startBroker(request.socket);
    const owner = ownerOf(broker.pid);
    writeStatus(dir, { version: 1, runId: RUN_ID, state: "running", updatedAt: AT, ...(owner ? { owner } : {}) });
    const line = await attached(options);
    const next = line.next();
    await broker.kill();
    expect(await next).toMatchObject({ kind: "ended", receipt: { verdict: "lost" } });
  });

  it("reads the record where it can't read what it is told", async () => {
    const { options, open, dir } = await runAtWork();
    const { server } = await open();
    const line = await attached(options);
    writeReceipt(dir, sampleReceipt());
    server.tell("ended", { receipt: { ...sampleReceipt(), version: 2 } });
    expect(await line.next()).toEqual({ kind: "ended", receipt: sampleReceipt() });
  });

  it("lets go when it detaches, and the others are served", async () => {
    const { options, open, request } = await runAtWork();
    await open();
    (await attached(options)).detach();
    const friend = await openFriend(request.socket);
    friend.say({ ...hello(), id: 4 });
    expect(await friend.next()).toMatchObject({ id: 4 });
  });
});
