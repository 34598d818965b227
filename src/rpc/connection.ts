import type { Readable, Writable } from "node:stream";
import * as z from "zod";
import { AskCodexError, messageOf } from "../core/errors.ts";
import { createLineReader } from "../sys/line-reader.ts";

const Id = z.union([z.string(), z.number()]);
const Message = z.looseObject({
  id: Id.nullish(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .looseObject({
      code: z.number().default(-32603),
      message: z.string().default("unknown error"),
      data: z.unknown().optional(),
    })
    .nullish(),
});

/** The peer answered with an error. */
export class RpcError extends Error {
  readonly code: number;
  /** More about it, for programs. */
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

export interface ConnectionOptions {
  input: Readable;
  output: Writable;
  /** Answers a request of the peer: the value returned is the result, an exception the error. */
  onRequest?: (method: string, params: unknown) => unknown;
  onNotification?: (method: string, params: unknown) => void;
  /** Sees every message before it is handled; for the record. */
  onMessage?: (direction: "in" | "out", line: string, method: string | undefined) => void;
  /** A line that is no message, or too long to be read; reading goes on. */
  onBadLine?: (reason: string) => void;
  /** A longer line is a bad one; 16 MB where nothing is said. */
  maxLineBytes?: number;
  onClose?: () => void;
}

export interface Connection {
  request(method: string, params: unknown): Promise<unknown>;
  notify(method: string, params: unknown): void;
  /** Bytes that the peer has not taken yet. */
  readonly backlog: number;
  readonly closed: boolean;
  close(): void;
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** JSON-RPC, one object a line, without the version header (the app-server has none). Requests that are open when the peer goes away fail at once. */
export function connect(options: ConnectionOptions): Connection {
  const { input, output } = options;
  const pending = new Map<string | number, Pending>();
  let lastId = 0;
  let closed = false;

  const send = (message: object, method?: string) => {
    if (closed || output.destroyed || !output.writable) return;
    const line = JSON.stringify(message);
    options.onMessage?.("out", line, method);
    output.write(`${line}\n`);
  };

  const shut = () => {
    if (closed) return;
    closed = true;
    for (const call of pending.values()) call.reject(new AskCodexError("killed", "the peer closed the connection"));
    pending.clear();
    options.onClose?.();
  };

  const answer = async (id: string | number, method: string, params: unknown) => {
    try {
      if (!options.onRequest) throw new RpcError(-32601, `no such method: ${method}`);
      send({ id, result: (await options.onRequest(method, params)) ?? {} });
    } catch (error) {
      const { code, data } = error instanceof RpcError ? error : { code: -32603, data: undefined };
      send({ id, error: { code, message: messageOf(error), data } });
    }
  };

  const receive = (line: string) => {
    const message = parse(line);
    if (!message) return options.onBadLine?.(`not a message: ${line.slice(0, 200)}`);
    const { id, method } = message;
    options.onMessage?.("in", line, method);
    if (method !== undefined && id !== undefined && id !== null) void answer(id, method, message.params);
    else if (method !== undefined) options.onNotification?.(method, message.params);
    else if (id !== undefined && id !== null) settle(id, message);
  };

  const settle = (id: string | number, message: z.infer<typeof Message>) => {
    const call = pending.get(id);
    pending.delete(id);
    if (message.error) call?.reject(new RpcError(message.error.code, message.error.message, message.error.data));
    else call?.resolve(message.result);
  };

  const reader = createLineReader(
    receive,
    (bytes) => options.onBadLine?.(`a line of ${bytes} bytes was left out`),
    options.maxLineBytes,
  );
  input.on("data", (chunk: Buffer) => reader.push(chunk));
  input.once("end", () => {
    reader.end();
    shut();
  });
  input.once("close", shut);
  input.once("error", shut);
  output.on("error", shut);
  output.once("close", shut);
  // A peer that was gone before we came emits nothing more.
  if (input.destroyed || input.readableEnded) queueMicrotask(shut);

  return {
    request(method, params) {
      // Nothing can be asked any more, so nothing will be answered.
      if (!output.writable) shut();
      if (closed) return Promise.reject(new AskCodexError("killed", "the connection is closed"));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        send({ id, method, params }, method);
      });
    },
    notify: (method, params) => send({ method, params }, method),
    get backlog() {
      return output.writableLength;
    },
    get closed() {
      return closed;
    },
    close() {
      output.end();
    },
  };
}

function parse(line: string): z.infer<typeof Message> | undefined {
  try {
    return Message.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
