import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import type { Receipt } from "../core/record.ts";
import { type Connection, connect, RpcError } from "../rpc/connection.ts";
import { makePrivateDir } from "../sys/files.ts";
import { AnswerParams, CancelParams, METHODS } from "./protocol.ts";

/** A client that does not read loses progress above this; the end of the run is always sent. */
const BACKLOG_BYTES = 1024 * 1024;

export interface BrokerDoor {
  attach(): object;
  answer(text: string): boolean;
  cancel(reason: string): Promise<Receipt>;
}

export interface BrokerServer {
  /** Tells every attached client. */
  tell(method: string, params: object): void;
  close(): Promise<void>;
}

/** Opens the broker's socket in a folder that only its user can enter. */
export async function listen(path: string, door: BrokerDoor): Promise<BrokerServer> {
  const clients = new Set<Connection>();
  const sockets = new Set<Socket>();
  const handle = async (method: string, params: unknown): Promise<unknown> => {
    switch (method) {
      case METHODS.attach:
        return door.attach();
      case METHODS.answer:
        return { delivered: door.answer(AnswerParams.parse(params).text) };
      case METHODS.cancel:
        return { receipt: await door.cancel(CancelParams.parse(params).reason) };
      default:
        throw new RpcError(-32601, `no such method: ${method}`);
    }
  };
  const server = createServer((socket) => {
    const client = connect({ input: socket, output: socket, onRequest: handle, onClose: () => clients.delete(client) });
    clients.add(client);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  if (process.platform !== "win32") {
    makePrivateDir(dirname(path));
    rmSync(path, { force: true });
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    tell(method, params) {
      for (const client of clients)
        if (method !== "event" || client.backlog < BACKLOG_BYTES) client.notify(method, params);
    },
    async close() {
      for (const socket of sockets) socket.end();
      // A client that never reads must not keep the broker: it gets a second, then the line is cut.
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, 1_000);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(cut);
    },
  };
}
