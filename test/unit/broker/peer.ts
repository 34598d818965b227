import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Somebody at a socket who keeps no rules: says whatever the test likes, and tells what came back. */
export interface Peer {
  socket: Socket;
  say(...messages: readonly object[]): void;
  /** The next message that came, in order. */
  next(): Promise<Record<string, unknown>>;
  /** Resolves with all messages that nobody has taken when the broker has cut the line. */
  cut: Promise<Record<string, unknown>[]>;
}

export const TOKEN = "a9f3c1d2e4b5a697887766554433221100";
export const hello = (over: object = {}) => ({ id: 0, method: "hello", params: { token: TOKEN, version: 1, ...over } });
export const welcomed = { id: 0, result: { version: 1 } };

export async function openPeer(path: string): Promise<Peer> {
  const socket = createConnection(path);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const messages: Record<string, unknown>[] = [];
  let half = "";
  let wake = () => {};
  socket.on("data", (chunk: Buffer) => {
    const lines = (half + chunk.toString("utf8")).split("\n");
    half = lines.pop() ?? "";
    messages.push(...lines.map((line): Record<string, unknown> => JSON.parse(line)));
    wake();
  });
  // A broker that cuts the line while we talk makes our side fail; what counts is that it is cut.
  socket.on("error", () => {});
  const over = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  return {
    socket,
    say: (...said) => void socket.write(said.map((one) => `${JSON.stringify(one)}\n`).join("")),
    async next() {
      while (messages.length === 0) {
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([more, over]);
        if (messages.length === 0 && socket.destroyed) throw new Error("the line was cut, and nothing had come");
      }
      return messages.shift() ?? {};
    },
    cut: over.then(() => messages.splice(0)),
  };
}

/** A peer that was let in. */
export async function openFriend(path: string): Promise<Peer> {
  const peer = await openPeer(path);
  peer.say(hello());
  await peer.next();
  return peer;
}
