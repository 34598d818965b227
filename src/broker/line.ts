import { createConnection } from "node:net";
import * as z from "zod";
import { AskCodexError, errorCode, messageOf, usageError } from "../core/errors.ts";
import type { Receipt } from "../core/record.ts";
import { connect, RpcError } from "../rpc/connection.ts";
import { startPatience } from "../sys/patience.ts";
import {
  AnswerResult,
  AttachResult,
  BAD_PARAMS,
  CancelResult,
  LINE_BYTES,
  METHODS,
  NOT_WELCOME,
  PROTOCOL_VERSION,
  REFUSED,
  Refusal,
  type SendParams,
  SendResult,
  StopResult,
} from "./protocol.ts";

/** A broker that says nothing for this long is stopped, or stuck. */
const HELLO_MS = 2_000;
/** Room for what stands around a message in its line. */
const AROUND_BYTES = 1_024;

/** Where a broker listens and what opens its door: from the request of a run, or from a session's broker record. */
export interface Address {
  socket: string;
  token: string;
}

/**
 * What can be asked of a broker. A broker that dies fails what is open at once, with an `AskCodexError` of kind `killed`:
 * whether it was done, the record tells. Its own reasons not to do it are errors with their kind and hint.
 */
export interface Line {
  attach(): Promise<AttachResult>;
  answer(text: string, runId?: string): Promise<AnswerResult>;
  /** Resolves when the run has ended and no process of it is left; undefined: it was not at work. */
  cancel(reason: string, runId?: string): Promise<Receipt | undefined>;
  send(params: SendParams): Promise<SendResult>;
  stop(reason: string): Promise<StopResult>;
  close(): void;
}

export interface LineEvents {
  onNotification?: (method: string, params: unknown) => void;
  onClose?: () => void;
}

/** How a broker took hello; undefined: nobody listens there, or no longer. */
export type Welcome = "open" | "silent" | undefined;

/**
 * A line whose hello is on its way: what is asked of it in the same breath goes out in the same write. `welcome` fails
 * where the broker does not let us in.
 */
export function openLine(address: Address, events: LineEvents = {}): { line: Line; welcome: Promise<Welcome> } {
  const socket = createConnection(address.socket);
  let busy = false;
  // A broker that takes no more lines lives, and is stuck.
  socket.once("error", (error) => {
    busy = errorCode(error) === "EAGAIN";
  });
  // A line that can't be read held something that somebody waits for: the record has it, too.
  const connection = connect({ input: socket, output: socket, onBadLine: () => socket.destroy(), ...events });
  socket.cork();
  process.nextTick(() => socket.uncork());

  const ask = async <Schema extends z.ZodType>(
    method: string,
    params: object,
    schema: Schema,
  ): Promise<z.infer<Schema>> => {
    const result = await connection.request(method, params).catch((error: unknown) => {
      throw understood(method, error);
    });
    const parsed = schema.safeParse(result);
    if (parsed.success) return parsed.data;
    throw new AskCodexError(
      "failed",
      `the broker's answer to ${method} can't be understood: it is of another version`,
      {
        hint: "stop it and resume the session",
      },
    );
  };

  const hello = ask(METHODS.hello, { token: address.token, version: PROTOCOL_VERSION }, z.unknown());
  const welcome = new Promise<Welcome>((resolve, reject) => {
    const callOff = startPatience(HELLO_MS, () => resolve("silent"));
    hello
      .then(
        () => resolve("open"),
        (error: unknown) => (isCut(error) ? resolve(busy ? "silent" : undefined) : reject(error)),
      )
      .finally(callOff);
  });
  // Whoever asks something at once hears of it there, too.
  welcome.catch(() => {});

  const line: Line = {
    attach: () => ask(METHODS.attach, {}, AttachResult),
    answer: (text, runId) => ask(METHODS.answer, { text, run_id: runId }, AnswerResult),
    cancel: async (reason, runId) =>
      (await ask(METHODS.cancel, { reason, run_id: runId }, CancelResult)).receipt ?? undefined,
    async send(params) {
      const bytes = Buffer.byteLength(JSON.stringify(params)) + AROUND_BYTES;
      if (bytes > LINE_BYTES)
        throw usageError(
          `the message is too long: with its packet ${Math.ceil(bytes / 1024)} KB, and ${LINE_BYTES / 1024} KB can be sent`,
          "write it to a file and name the file with --file",
        );
      return ask(METHODS.send, params, SendResult);
    },
    stop: (reason) => ask(METHODS.stop, { reason }, StopResult),
    close: () => void socket.destroy(),
  };
  return { line, welcome };
}

/** Whether an error of a line says that nobody is at its other end any more. */
export const isCut = (error: unknown): boolean => error instanceof AskCodexError && error.kind === "killed";

function understood(method: string, error: unknown): AskCodexError {
  if (!(error instanceof RpcError))
    return new AskCodexError("killed", `the broker was gone before it answered ${method}`, { cause: error });
  const refusal = error.code === REFUSED ? Refusal.safeParse(error.data).data : undefined;
  if (refusal)
    return new AskCodexError(refusal.kind, error.message, refusal.hint === undefined ? {} : { hint: refusal.hint });
  if (error.code === BAD_PARAMS)
    return new AskCodexError("refused", `the broker does not understand this ${method} (${error.message})`, {
      hint: "it is of another version: stop it and resume the session",
    });
  if (error.code === NOT_WELCOME)
    return new AskCodexError("refused", "the broker that listens there is not the one of this record", {
      hint: "codex_broker list shows the sessions that live",
    });
  return new AskCodexError("failed", `the broker could not carry out ${method}: ${messageOf(error)}`);
}
