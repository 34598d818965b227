import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A listener that plays a broker by hand; gone when the test ends. */
export async function playBroker(path: string, onData: (socket: Socket, chunk: string) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => onData(socket, chunk.toString("utf8")));
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
}

/** Answers every request in a chunk, with what is made of its method. */
export function answerAll(socket: Socket, chunk: string, answer: (method: string) => object): void {
  for (const line of chunk.split("\n").filter((one) => one !== "")) {
    const { id, method } = JSON.parse(line);
    socket.write(`${JSON.stringify({ id, ...answer(method) })}\n`);
  }
}
