import { createServer } from "node:net";
import type { Receipt } from "../core/record.ts";
import { bindSocket } from "../sys/bind-socket.ts";
import type { AnswerResult, AttachResult, SendParams, SendResult, StopResult } from "./protocol.ts";
import { type Client, serveClient } from "./serve-client.ts";

/** More lines at once are no clients any more, and each costs a file descriptor. */
const MAX_LINES = 512;
/** How long close waits for clients: for the answers that are under way, and for each to take what it was told. */
const CLOSE_MS = 1_000;

/** What a broker does for its clients. An `AskCodexError` thrown here is thrown at the client's, with kind and hint. */
export interface BrokerDoor {
  attach(): AttachResult;
  /** Where a run is named, only its question is answered. */
  answer(text: string, runId?: string): AnswerResult;
  /** Where a run is named, no other one is stopped. Resolves when the run has ended; undefined: none was at work. */
  cancel(reason: string, runId?: string): Promise<Receipt | undefined>;
  send(params: SendParams): Promise<SendResult>;
  stop(reason: string): Promise<StopResult>;
}

export interface BrokerServer {
  readonly path: string;
  /** Tells every attached client. */
  tell(method: string, params: object): void;
  /** Takes no more clients, sends the answers that are under way, and cuts every line; a second later at the most. */
  close(): Promise<void>;
}

/** Opens the broker's socket to whoever knows the token. Refuses where another broker listens. */
export async function listen(path: string, options: { token: string; door: BrokerDoor }): Promise<BrokerServer> {
  const clients = new Set<Client>();
  const server = createServer((socket) => {
    const client = serveClient(socket, options);
    clients.add(client);
    socket.once("close", () => clients.delete(client));
  });
  server.maxConnections = MAX_LINES;
  // A line that can't be taken (no file descriptor is free) is that client's loss, not the broker's.
  server.on("error", () => {});
  const leave = await bindSocket(server, path);
  return {
    path,
    tell(method, params) {
      for (const client of clients) client.tell(method, params);
    },
    async close() {
      leave();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of clients) void client.end();
      const cut = setTimeout(() => {
        for (const client of clients) client.cut();
      }, CLOSE_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}
