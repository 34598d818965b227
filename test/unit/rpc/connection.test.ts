import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type ConnectionOptions, RpcError } from "../../../src/rpc/connection.ts";
import { wire } from "./wire.ts";

/** How a promise ended, without waiting longer than the peer's answer takes. */
const outcome = (promise: Promise<unknown>): Promise<string> =>
  Promise.race([
    promise.then(
      (value) => `value ${JSON.stringify(value)}`,
      (error: unknown) => String(error),
    ),
    (async () => {
      for (let i = 0; i < 20; i++) await turn();
      return "nothing yet";
    })(),
  ]);

const fail = (error: unknown): never => {
  throw error;
};

describe("requests", () => {
  it("go out one a line, numbered, without a version header", async () => {
    const { connection, sent } = wire();
    void connection.request("a", { x: 1 });
    void connection.request("b", undefined);
    connection.notify("c", { y: "line\nend\u2028" });
    expect(await sent()).toEqual([
      { id: 1, method: "a", params: { x: 1 } },
      { id: 2, method: "b" },
      { method: "c", params: { y: "line\nend\u2028" } },
    ]);
  });

  it("are answered in any order", async () => {
    const { connection, say } = wire();
    const calls = [connection.request("a", {}), connection.request("b", {}), connection.request("c", {})];
    say({ id: 3, result: "third" }, { id: 1, result: "first" }, { id: 2, result: "second" });
    expect(await Promise.all(calls)).toEqual(["first", "second", "third"]);
  });

  it.each<[string, object, string]>([
    ["a result", { result: { a: 1 } }, 'value {"a":1}'],
    ["a null result", { result: null }, "value null"],
    ["no result at all", {}, "value undefined"],
    ["a result and a null error", { result: 1, error: null }, "value 1"],
    ["an error", { error: { code: -32600, message: "no" } }, "RpcError: no"],
    ["an error with more in it", { error: { code: 1, message: "no", data: { x: 1 } } }, "RpcError: no"],
    ["a version header", { jsonrpc: "2.0", result: 1 }, "value 1"],
  ])("take %s", async (_, answer, expected) => {
    const { connection, say } = wire();
    const call = connection.request("a", {});
    say({ id: 1, ...answer });
    expect(await outcome(call)).toBe(expected);
  });

  it("keep the code of an error", async () => {
    const { connection, say } = wire();
    const call = connection.request("a", {});
    say({ id: 1, error: { code: -32601, message: "no such method" } });
    await expect(call).rejects.toMatchObject({ name: "RpcError", code: -32601, message: "no such method" });
  });

  it("keep what an error says to programs", async () => {
    const { connection, say } = wire();
    const call = connection.request("a", {});
    say({ id: 1, error: { code: -32000, message: "no", data: { kind: "refused" } } });
    await expect(call).rejects.toMatchObject({ code: -32000, data: { kind: "refused" } });
  });

  it.each<[string, unknown[]]>([
    ["an answer to nobody", [{ id: 99, result: 1 }]],
    ["an answer with another kind of id", [{ id: "1", result: "wrong" }]],
    [
      "a second answer",
      [
        { id: 1, result: "right" },
        { id: 1, result: "late" },
      ],
    ],
    ["an answer without an id", [{ id: null, result: "wrong" }, { result: "wrong" }]],
  ])("are not disturbed by %s", async (_, messages) => {
    const { connection, say } = wire();
    const call = connection.request("a", {});
    say(...messages, { id: 1, result: "right" });
    expect(await call).toBe("right");
  });
});

describe("requests of the peer", () => {
  it.each<[string, ConnectionOptions["onRequest"], object]>([
    ["a value", () => ({ a: 1 }), { result: { a: 1 } }],
    ["a promise", async () => "later", { result: "later" }],
    ["nothing", () => undefined, { result: {} }],
    ["null", () => null, { result: {} }],
    ["false", () => false, { result: false }],
  ])("are answered with %s", async (_, onRequest, answer) => {
    const { say, sent } = wire(onRequest ? { onRequest } : {});
    say({ id: 7, method: "m" });
    expect(await sent()).toEqual([{ id: 7, ...answer }]);
  });

  it.each<[string, ConnectionOptions["onRequest"], object]>([
    ["an exception", () => fail(new Error("broken")), { code: -32603, message: "broken" }],
    ["a rejection", async () => fail(new Error("broken")), { code: -32603, message: "broken" }],
    ["an error of its own code", () => fail(new RpcError(-32601, "unknown")), { code: -32601, message: "unknown" }],
    [
      "more for programs",
      () => fail(new RpcError(-32000, "no", { a: 1 })),
      { code: -32000, message: "no", data: { a: 1 } },
    ],
    ["something thrown that is no error", () => fail("text"), { code: -32603, message: "text" }],
    ["nobody there", undefined, { code: -32601, message: "no such method: m" }],
  ])("fail with %s", async (_, onRequest, error) => {
    const { say, sent } = wire(onRequest ? { onRequest } : {});
    say({ id: "seven", method: "m" });
    expect(await sent()).toEqual([{ id: "seven", error }]);
  });

  it("bring their method and parameters, whatever their id is", async () => {
    const seen: unknown[] = [];
    const { say, sent } = wire({ onRequest: (method, params) => seen.push([method, params]) });
    say({ id: 0, method: "a", params: { x: 1 } }, { id: "", method: "b" });
    expect(await sent()).toEqual([
      { id: 0, result: 1 },
      { id: "", result: 2 },
    ]);
    expect(seen).toEqual([
      ["a", { x: 1 }],
      ["b", undefined],
    ]);
  });

  it("do not wait for each other", async () => {
    const open: (() => void)[] = [];
    const { say, sent } = wire({
      onRequest: (method) => (method === "slow" ? new Promise((resolve) => open.push(() => resolve("slow"))) : "fast"),
    });
    say({ id: 1, method: "slow" }, { id: 2, method: "fast" });
    expect(await sent()).toEqual([{ id: 2, result: "fast" }]);
    open[0]?.();
    expect(await sent()).toContainEqual({ id: 1, result: "slow" });
  });

  it("may be answered while a request of ours is open, with the same id", async () => {
    const { connection, say, sent } = wire({ onRequest: () => "mine" });
    const call = connection.request("a", {});
    say({ id: 1, method: "theirs" }, { id: 1, result: "yours" });
    expect(await call).toBe("yours");
    expect(await sent()).toContainEqual({ id: 1, result: "mine" });
  });
});

describe("notifications", () => {
  it("come in order, and before the answer that follows them", async () => {
    const seen: string[] = [];
    const { connection, say } = wire({ onNotification: (method) => seen.push(method) });
    const call = connection.request("a", {}).then(() => seen.push("answer"));
    say({ method: "one" }, { method: "two", id: null }, { id: 1, result: {} });
    await call;
    say({ method: "three" });
    await turn();
    expect(seen).toEqual(["one", "two", "answer", "three"]);
  });

  it("bring their parameters", async () => {
    const seen: unknown[] = [];
    const { say } = wire({ onNotification: (method, params) => seen.push({ method, params }) });
    say({ method: "a", params: { x: [1] }, emittedAtMs: 5 }, { method: "b" });
    await turn();
    expect(seen).toEqual([
      { method: "a", params: { x: [1] } },
      { method: "b", params: undefined },
    ]);
  });

  it("are not answered", async () => {
    const { say, sent } = wire({ onRequest: () => "never" });
    say({ method: "a" });
    expect(await sent()).toEqual([]);
  });
});
