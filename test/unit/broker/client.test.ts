import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { askBroker, dial } from "../../../src/broker/client.ts";
import type { Line } from "../../../src/broker/line.ts";
import { AskCodexError } from "../../../src/core/errors.ts";
import { socketPath } from "../../../src/sys/paths.ts";
import { RUN_ID, sampleReceipt, sampleRequest } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { openDoor } from "./open-door.ts";
import { hello, TOKEN } from "./peer.ts";
import { answerAll, playBroker } from "./play-broker.ts";
import { startBroker } from "./start-broker.ts";

const at = (socket: string, token = TOKEN) => ({ socket, token });
const message = (text: string) => ({ message_id: "m-1", delivery: "queue", text, request: sampleRequest() }) as const;

async function openLine(socket: string): Promise<Line> {
  const line = await dial(at(socket));
  if (line === undefined || line === "silent") throw new Error(`no line: ${line}`);
  onTestFinished(() => line.close());
  return line;
}

/** A socket where a broker is played by hand. */
async function played(onData: Parameters<typeof playBroker>[1]): Promise<string> {
  const path = join(tempDir(), "s");
  await playBroker(path, onData);
  return path;
}

describe("dialling", () => {
  it.each<[string, (path: string) => void]>([
    ["nothing is there", () => {}],
    ["only a file is there", (path) => writeFileSync(path, "")],
    ["a directory is there", (path) => mkdirSync(path)],
    ["the path is longer than a socket's can be", () => {}],
  ])("finds nobody where %s", async (name, make) => {
    const path = join(tempDir(), name.startsWith("the path") ? "x".repeat(200) : "s");
    make(path);
    expect(await dial(at(path))).toBeUndefined();
    expect(await askBroker(at(path), (line) => line.stop("x"))).toBeUndefined();
  });

  it("finds nobody where a broker died", async () => {
    const broker = await startBroker();
    await broker.kill();
    expect(await dial(at(broker.path))).toBeUndefined();
  });

  it("finds nobody where the line is cut before hello is answered", async () => {
    const path = await played((socket) => void socket.destroy());
    expect(await dial(at(path))).toBeUndefined();
    expect(await askBroker(at(path), (line) => line.stop("x"))).toBeUndefined();
  });

  it("reaches a broker whose state home has a long path", async () => {
    const { path } = await openDoor({}, socketPath(join(tempDir(), "h".repeat(200), "h".repeat(100)), "r-long"));
    expect(await (await openLine(path)).attach()).toEqual({ parked: null });
  });

  it("is refused by a broker that has another token", async () => {
    const { path, asked } = await openDoor();
    const refused = { kind: "refused", exitCode: 75, message: expect.stringContaining("not the one of this record") };
    await expect(dial(at(path, "stale"))).rejects.toMatchObject(refused);
    await expect(askBroker(at(path, "stale"), (line) => line.stop("x"))).rejects.toMatchObject(refused);
    expect(asked).toEqual([]);
  });

  it("does not take its own sleep for the broker's", async () => {
    const { path } = await openDoor();
    const dialled = dial(at(path));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
    const line = await dialled;
    expect(line).toMatchObject({ attach: expect.any(Function) });
  });

  it("tells a broker that is stopped from one that is not there, and nothing is done for it later", async () => {
    const broker = await startBroker();
    await broker.freeze();
    expect(
      await Promise.all([
        dial(at(broker.path)),
        askBroker(at(broker.path), (line) => line.send(message("too late"))),
        askBroker(at(broker.path), (line) => line.send(message("x".repeat(1024 * 1024)))),
      ]),
    ).toEqual(["silent", "silent", "silent"]);
    broker.thaw();
    const line = await openLine(broker.path);
    expect(await line.attach()).toEqual({ parked: null });
    expect(await broker.ask("sent")).toBe("0");
    expect(await line.send(message("now"))).toMatchObject({ queue_depth: 1 });
  });
});

describe("asking", () => {
  it("brings what was asked for", async () => {
    const { path, asked } = await openDoor({ cancel: async () => sampleReceipt() });
    const line = await openLine(path);
    expect(await line.answer("blue", "r-7")).toEqual({ delivered: true, run_id: "r-1" });
    expect(await line.cancel("Ctrl-C")).toEqual(sampleReceipt());
    expect(await line.send(message("go on"))).toEqual({
      delivery: "queued",
      run_id: RUN_ID,
      queue_depth: 1,
      note: null,
    });
    expect(await line.stop("enough")).toMatchObject({ undelivered: ["m-1"], processes: { killed: ["sleep"] } });
    expect(asked).toEqual([
      ["answer", "blue", "r-7"],
      ["cancel", "Ctrl-C", undefined],
      ["send", "go on"],
      ["stop", "enough"],
    ]);
  });

  it("brings undefined for a cancel where nothing was at work", async () => {
    const { path } = await openDoor();
    expect(await askBroker(at(path), (line) => line.cancel("x"))).toEqual({ said: undefined });
  });

  it("goes out in the same breath as hello", async () => {
    const chunks: string[] = [];
    const path = await played((socket, chunk) => {
      chunks.push(chunk);
      answerAll(socket, chunk, () => ({ result: { parked: null } }));
    });
    expect(await askBroker(at(path), (line) => line.attach())).toEqual({ said: { parked: null } });
    const expected = [
      { ...hello(), id: 1 },
      { id: 2, method: "attach", params: {} },
    ];
    expect(chunks).toEqual([expected.map((one) => `${JSON.stringify(one)}\n`).join("")]);
  });

  it("fails at once when the broker dies in the middle", async () => {
    const broker = await startBroker();
    const line = await openLine(broker.path);
    const gone = { kind: "killed", message: expect.stringContaining("the broker was gone before it answered") };
    const others = [line.cancel("x"), line.cancel("y")].map((call) => expect(call).rejects.toMatchObject(gone));
    await expect(line.send(message("die"))).rejects.toMatchObject(gone);
    await Promise.all(others);
    await expect(line.stop("x")).rejects.toMatchObject(gone);
  });

  it("fails at once when the broker dies of the first thing that it is asked", async () => {
    const broker = await startBroker();
    await expect(askBroker(at(broker.path), (line) => line.send(message("die")))).rejects.toMatchObject({
      kind: "killed",
      message: "the broker was gone before it answered send",
    });
  });

  it("fails at once when we close the line", async () => {
    const { path } = await openDoor({ stop: () => new Promise(() => {}) });
    const line = await openLine(path);
    const stopped = line.stop("x");
    line.close();
    await expect(stopped).rejects.toMatchObject({ kind: "killed" });
  });

  it("leaves nothing to be caught where nobody waits for the answer", async () => {
    const { path } = await openDoor({ stop: () => new Promise(() => {}) });
    let other: Promise<unknown> = Promise.resolve();
    const ask = (line: Line) => {
      other = line.stop("x");
      return line.stop("y");
    };
    expect(await askBroker(at(join(tempDir(), "s")), ask)).toBeUndefined();
    await expect(other).rejects.toMatchObject({ kind: "killed" });
    await expect(
      askBroker(at(path), () => {
        throw new Error("ours");
      }),
    ).rejects.toThrow("ours");
    for (let i = 0; i < 5; i++) await turn();
  });

  it("is refused with the broker's own words, exit code and hint", async () => {
    const { path } = await openDoor({
      send: async () => {
        throw new AskCodexError("refused", "1000 messages wait already", { hint: "wait" });
      },
      stop: async () => {
        throw new Error("the disk is gone");
      },
    });
    const line = await openLine(path);
    await expect(line.send(message("x"))).rejects.toMatchObject({
      name: "AskCodexError",
      kind: "refused",
      exitCode: 75,
      message: "1000 messages wait already",
      hint: "wait",
    });
    await expect(line.stop("x")).rejects.toMatchObject({
      kind: "failed",
      message: "the broker could not carry out stop: the disk is gone",
    });
  });

  it("says so when a message is too long, and sends nothing", async () => {
    const { path, asked } = await openDoor();
    const line = await openLine(path);
    await expect(line.send(message("x".repeat(8 * 1024 * 1024)))).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringMatching(/^the message is too long: with its packet 819\d KB, and 8192 KB can be sent$/),
    });
    expect(await line.send(message("x".repeat(8 * 1024 * 1024 - 4096)))).toMatchObject({ delivery: "queued" });
    expect(asked).toHaveLength(1);
  });
});

describe("a broker of another version", () => {
  const speak = (answer: (method: string) => object) => played((socket, chunk) => answerAll(socket, chunk, answer));

  it("that speaks another protocol says so itself", async () => {
    const path = await speak(() => ({
      error: { code: -32000, message: "the broker speaks version 2 of its protocol only", data: { kind: "refused" } },
    }));
    await expect(dial(at(path))).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("version 2"),
    });
  });

  it.each<[string, object, object]>([
    [
      "does not understand us",
      { error: { code: -32602, message: "stop: more: unknown" } },
      { kind: "refused", message: "the broker does not understand this stop (stop: more: unknown)" },
    ],
    [
      "has never heard of it",
      { error: { code: -32601, message: "no such method: stop" } },
      { kind: "failed", message: "the broker could not carry out stop: no such method: stop" },
    ],
    [
      "refuses with a word of its own",
      { error: { code: -32000, message: "no", data: { kind: "sulking" } } },
      { kind: "failed", message: "the broker could not carry out stop: no" },
    ],
    [
      "answers otherwise",
      { result: { stopped: true } },
      { kind: "failed", message: "the broker's answer to stop can't be understood: it is of another version" },
    ],
  ])("that %s is told from one that fails", async (_, answer, expected) => {
    const path = await speak((method) => (method === "hello" ? { result: { version: 1, more: true } } : answer));
    const line = await openLine(path);
    await expect(line.stop("x")).rejects.toMatchObject(expected);
  });
});
