import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { BrokerDoor } from "../../../../src/broker/listen.ts";
import type { SendParams } from "../../../../src/broker/protocol.ts";
import type { Io } from "../../../../src/cli/define.ts";
import { runCommand } from "../../../../src/cli/main.ts";
import { broker } from "../../../../src/commands/broker/broker.ts";
import type { Receipt } from "../../../../src/core/record.ts";
import { openDoor } from "../../broker/open-door.ts";
import { TOKEN } from "../../broker/peer.ts";
import { sampleIo } from "../../cli/sample-command.ts";
import { sampleReceipt } from "../../core/samples.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { newSession, type SessionSpec, type SessionWorld } from "./session-world.ts";

export interface Called {
  code: number;
  out: string;
  err: string;
  /** The `name=value` lines of stdout. */
  lines: Record<string, string>;
}

/** Calls codex_broker as its script does, in this process. */
export async function callBroker(home: string, argv: readonly string[], over: Partial<Io> = {}): Promise<Called> {
  const io = sampleIo(argv, { cwd: "/", ...over, env: { ASK_CODEX_HOME: home, ...over.env } });
  const code = await runCommand(broker, io);
  await new Promise((resolve) => setImmediate(resolve));
  const lines = [...io.out().matchAll(/^([a-z_]+)=(.*)$/gm)].map((match) => [match[1], match[2]]);
  return { code, out: io.out(), err: io.err(), lines: Object.fromEntries(lines) };
}

export const fromStdin = (text: string): Partial<Io> => ({ stdin: Readable.from([Buffer.from(text)]) });

/** A directory that a session can work in, and a state home beside it. */
export function newPlace(): { home: string; workspace: string } {
  const dir = tempDir();
  const workspace = join(dir, "a project");
  mkdirSync(workspace);
  return { home: join(dir, "state"), workspace };
}

export interface LiveWorld extends SessionWorld {
  /** What the broker was sent. */
  sent: SendParams[];
  asked: unknown[][];
  say(...argv: string[]): Promise<Called>;
  /** Ends a run as its broker does: on the disk, then to whoever is attached. */
  finish(run: string, receipt?: Partial<Receipt>): void;
  /** The broker is gone from one moment to the other. */
  cut(): Promise<void>;
}

/** A session on the disk, and a broker's door in this process that notes what it is asked. */
export async function openSession(
  spec: Omit<SessionSpec, "home" | "workspace"> = {},
  over: Partial<BrokerDoor> = {},
): Promise<LiveWorld> {
  const { home, workspace } = newPlace();
  const socket = join(home, "sockets", "b");
  const address = { socket, token: TOKEN };
  const runs = spec.runs?.map((run) => ({ ...run, request: { live: true, ...run.request, ...address } }));
  const session = newSession({
    ...spec,
    home,
    workspace,
    ...(runs ? { runs } : {}),
    broker: spec.broker === false ? false : { ...address, ...spec.broker },
  });
  const sent: SendParams[] = [];
  const { asked, server } = await openDoor(
    {
      send: async (params) => {
        sent.push(params);
        return { delivery: "started", run_id: params.request.runId, queue_depth: 0, note: null };
      },
      ...over,
    },
    socket,
  );
  const say = (...argv: string[]) => callBroker(home, argv);
  const finish = (run: string, receipt: Partial<Receipt> = {}) => {
    session.end(run, receipt);
    server.tell("ended", { receipt: sampleReceipt({ run_id: run, ...receipt }) });
  };
  return { ...session, sent, asked, say, finish, cut: () => server.close() };
}
