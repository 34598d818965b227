import { timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type * as z from "zod";
import { AskCodexError } from "../core/errors.ts";
import { type Connection, connect, RpcError } from "../rpc/connection.ts";
import { startPatience } from "../sys/patience.ts";
import type { BrokerDoor } from "./listen.ts";
import {
  AnswerParams,
  BAD_PARAMS,
  CancelParams,
  HelloParams,
  LINE_BYTES,
  METHODS,
  NO_SUCH_METHOD,
  NOT_WELCOME,
  NOTIFICATIONS,
  PROTOCOL_VERSION,
  REFUSED,
  SendParams,
  StopParams,
} from "./protocol.ts";

/** What a peer may say, and how long it may take, before it has shown the token. */
const HELLO_BYTES = 64 * 1024;
const HELLO_MS = 2_000;
/** A client that does not read loses progress above this; what a run asks and how it ended is always sent. */
const BACKLOG_BYTES = 1024 * 1024;
/** One that never reads is no client any more. */
const CUT_BYTES = 16 * BACKLOG_BYTES;
/** Questions of one client that are open at once. */
const MAX_OPEN = 64;

/** The broker's end of one line. */
export interface Client {
  /** Nothing reaches a client that has not attached. */
  tell(method: string, params: object): void;
  /** Says goodbye behind the answers that are under way. */
  end(): Promise<void>;
  cut(): void;
}

/** Serves one client, who must show the token before anything else, and who can harm neither the broker nor another client. */
export function serveClient(socket: Socket, { token, door }: { token: string; door: BrokerDoor }): Client {
  const open = new Set<Promise<unknown>>();
  let state: "stranger" | "welcome" | "refused" = "stranger";
  let attached = false;
  let left = false;
  let heard = 0;

  const hello = (method: string, params: unknown): object => {
    const said = HelloParams.safeParse(params).data;
    const known = state === "stranger" && method === METHODS.hello && said !== undefined && isSame(said.token, token);
    state = "refused";
    if (!known) {
      // As soon as it has been told.
      process.nextTick(() => socket.end());
      throw new RpcError(NOT_WELCOME, "this line is not open: the first request must be hello with the broker's token");
    }
    if (said.version !== PROTOCOL_VERSION) {
      process.nextTick(() => socket.end());
      throw refusal(otherVersion());
    }
    state = "welcome";
    callOff();
    return { version: PROTOCOL_VERSION };
  };

  /** A client that has left gave up: nothing is done behind its back that it was told would not be. */
  const unlessGone = async <T>(act: () => T): Promise<Awaited<T>> => {
    // By the second turn the end of the stream has been read, if it came right behind the request.
    await turn();
    await turn();
    if (left) throw new RpcError(REFUSED, "the client has left");
    return await act();
  };

  const carryOut = async (method: string, params: unknown): Promise<unknown> => {
    switch (method) {
      case METHODS.hello:
        return { version: PROTOCOL_VERSION };
      case METHODS.attach:
        attached = true;
        return door.attach();
      case METHODS.answer: {
        const { text, run_id } = read(method, AnswerParams, params);
        return unlessGone(() => door.answer(text, run_id ?? undefined));
      }
      case METHODS.cancel: {
        const { reason, run_id } = read(method, CancelParams, params);
        return { receipt: (await unlessGone(() => door.cancel(reason, run_id ?? undefined))) ?? null };
      }
      case METHODS.send: {
        const message = read(method, SendParams, params);
        return unlessGone(() => door.send(message));
      }
      case METHODS.stop: {
        const { reason } = read(method, StopParams, params);
        return unlessGone(() => door.stop(reason));
      }
      default:
        throw new RpcError(NO_SUCH_METHOD, `no such method: ${method}`);
    }
  };

  const onRequest = (method: string, params: unknown): unknown => {
    if (state !== "welcome") return hello(method, params);
    if (connection.backlog > CUT_BYTES) {
      socket.destroy();
      throw new RpcError(REFUSED, "the client does not read");
    }
    if (open.size >= MAX_OPEN) throw new RpcError(REFUSED, `${MAX_OPEN} requests of this client are open already`);
    const work = carryOut(method, params).catch((error: unknown) => {
      throw error instanceof AskCodexError ? refusal(error) : error;
    });
    open.add(work);
    const over = () => open.delete(work);
    work.then(over, over);
    return work;
  };

  const connection: Connection = connect({
    input: socket,
    output: socket,
    maxLineBytes: LINE_BYTES,
    onRequest,
    onNotification() {
      if (state !== "welcome") socket.destroy();
    },
    onBadLine: () => socket.destroy(),
    onClose() {
      left = true;
    },
  });
  const callOff = startPatience(HELLO_MS, () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.length;
    if (state !== "welcome" && heard > HELLO_BYTES) socket.destroy();
  });
  socket.once("close", callOff);

  return {
    tell(method, params) {
      if (!attached || (method === NOTIFICATIONS.event && connection.backlog > BACKLOG_BYTES)) return;
      connection.notify(method, params);
      if (connection.backlog > CUT_BYTES) socket.destroy();
    },
    async end() {
      await Promise.allSettled(open);
      // By then the last answer has been written.
      await turn();
      socket.end();
    },
    cut: () => socket.destroy(),
  };
}

/** In the same time whatever is wrong with it, so that nobody finds it out letter by letter. */
function isSame(said: string, token: string): boolean {
  const [one, other] = [Buffer.from(said), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function read<Schema extends z.ZodType>(method: string, schema: Schema, params: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") || "the params as a whole";
  throw new RpcError(BAD_PARAMS, `${method}: ${where}: ${issue?.message ?? "not what is agreed"}`);
}

const otherVersion = (): AskCodexError =>
  new AskCodexError("refused", `the broker speaks version ${PROTOCOL_VERSION} of its protocol only`, {
    hint: "stop it and resume the session: the new broker is of today's version",
  });

const refusal = ({ message, kind, hint }: AskCodexError): RpcError =>
  new RpcError(REFUSED, message, { kind, ...(hint === undefined ? {} : { hint }) });
