import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { connect } from "../../../src/rpc/connection.ts";
import { wire } from "./wire.ts";

describe("a bad line", () => {
  it.each([
    ["no JSON", "not json"],
    ["half a message", '{"id":1,'],
    ["a list", '[{"id":1,"result":2}]'],
    ["a number", "42"],
    ["null", "null"],
    ["an id that is none", '{"id":{},"result":1}'],
    ["a method that is none", '{"method":5}'],
  ])("that is %s is told, and reading goes on", async (_, line) => {
    const bad: string[] = [];
    const { connection, input, say } = wire({ onBadLine: (reason) => bad.push(reason) });
    const call = connection.request("a", {});
    input.write(`${line}\n`);
    say({ id: 1, result: "good" });
    expect(await call).toBe("good");
    expect(bad).toEqual([`not a message: ${line}`]);
  });

  it("is quoted only in part", async () => {
    const bad: string[] = [];
    const { input } = wire({ onBadLine: (reason) => bad.push(reason) });
    input.write(`${"x".repeat(5_000)}\n`);
    await turn();
    expect(bad.map((reason) => reason.length)).toEqual(["not a message: ".length + 200]);
  });

  it("may be too long to be read", async () => {
    const bad: string[] = [];
    const { connection, input, say } = wire({ onBadLine: (reason) => bad.push(reason) });
    const call = connection.request("a", {});
    input.write(Buffer.alloc(16 * 1024 * 1024 + 1, "x"));
    input.write("\n");
    say({ id: 1, result: "good" });
    expect(await call).toBe("good");
    expect(bad).toEqual([`a line of ${16 * 1024 * 1024 + 1} bytes was left out`]);
  });

  it("is as long as the one who reads says", async () => {
    const bad: string[] = [];
    const { connection, input, say } = wire({ onBadLine: (reason) => bad.push(reason), maxLineBytes: 100 });
    const call = connection.request("a", {});
    input.write(`${"x".repeat(101)}\n`);
    say({ id: 1, result: "good" });
    expect(await call).toBe("good");
    expect(bad).toEqual(["a line of 101 bytes was left out"]);
  });

  it("harms nobody where nobody listens", async () => {
    const { connection, input, say } = wire();
    const call = connection.request("a", {});
    input.write("\n\r\nrubbish\n");
    say({ id: 1, result: "good" });
    expect(await call).toBe("good");
  });
});

describe("the end", () => {
  const ends: readonly (readonly [string, (wired: ReturnType<typeof wire>) => void])[] = [
    ["ends its stream", ({ input }) => input.end()],
    ["is cut off", ({ input }) => input.destroy()],
    ["fails", ({ input }) => input.destroy(new Error("reset"))],
    ["takes nothing any more", ({ output }) => output.destroy(new Error("EPIPE"))],
  ];

  it.each(ends)("fails every open request when the peer %s", async (_, end) => {
    let closed = 0;
    const wired = wire({ onClose: () => closed++ });
    const calls = [wired.connection.request("a", {}), wired.connection.request("b", {})];
    expect(wired.connection.closed).toBe(false);
    end(wired);
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ kind: "killed", message: "the peer closed the connection" });
    }
    expect(wired.connection.closed).toBe(true);
    expect(closed).toBe(1);
    await expect(wired.connection.request("c", {})).rejects.toMatchObject({ kind: "killed" });
    wired.connection.notify("d", {});
  });

  it("comes after the last line, with or without its line end", async () => {
    const { connection, input } = wire();
    const call = connection.request("a", {});
    input.end('{"id":1,"result":"last"}');
    expect(await call).toBe("last");
  });

  it("comes once, however it comes", async () => {
    let closed = 0;
    const { input, output } = wire({ onClose: () => closed++ });
    input.end();
    input.destroy();
    output.destroy(new Error("EPIPE"));
    for (let i = 0; i < 5; i++) await turn();
    expect(closed).toBe(1);
  });

  it("is asked for by closing our side", async () => {
    const { connection, output } = wire();
    connection.close();
    expect(output.writableEnded).toBe(true);
    connection.notify("late", {});
  });

  it("makes a late answer of ours harmless", async () => {
    let release = () => {};
    const { input, say, sent } = wire({
      onRequest: () => new Promise<string>((resolve) => (release = () => resolve("late"))),
    });
    say({ id: 1, method: "slow" });
    await turn();
    input.end();
    await turn();
    release();
    expect(await sent()).toEqual([]);
  });
});

describe("what is seen on the way", () => {
  it("is every message, whole, in both directions, before it is handled", async () => {
    const seen: unknown[] = [];
    const { connection, say } = wire({
      onMessage: (direction, line, method) => seen.push([direction, JSON.parse(line), method]),
      onNotification: () => seen.push("handled"),
    });
    const call = connection.request("a", {});
    say({ method: "n" }, { id: 1, result: 2 });
    await call;
    expect(seen).toEqual([
      ["out", { id: 1, method: "a", params: {} }, "a"],
      ["in", { method: "n" }, "n"],
      "handled",
      ["in", { id: 1, result: 2 }, undefined],
    ]);
  });

  it("is the backlog of a peer that does not read", () => {
    const output = new PassThrough({ highWaterMark: 10 });
    const connection = connect({ input: new PassThrough(), output });
    expect(connection.backlog).toBe(0);
    for (let i = 0; i < 100; i++) connection.notify("event", { text: "x".repeat(100) });
    expect(connection.backlog).toBeGreaterThan(10_000);
  });
});
