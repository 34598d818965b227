import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { type ConnectionOptions, connect } from "../../../src/rpc/connection.ts";

/** A connection whose peer is played by hand: what it was sent, and what it says. */
export function wire(options: Omit<ConnectionOptions, "input" | "output"> = {}) {
  const input = new PassThrough();
  const output = new PassThrough();
  let sent = "";
  output.on("data", (chunk: Buffer) => {
    sent += chunk.toString("utf8");
  });
  return {
    connection: connect({ ...options, input, output }),
    input,
    output,
    say: (...messages: unknown[]) => input.write(messages.map((one) => `${JSON.stringify(one)}\n`).join("")),
    /** What the peer has received, once everything that is under way has arrived. */
    async sent(): Promise<unknown[]> {
      for (let i = 0; i < 5; i++) await turn();
      return sent
        .split("\n")
        .filter((line) => line !== "")
        .map((line): unknown => JSON.parse(line));
    },
  };
}
