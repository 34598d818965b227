import type { Owner, RunRequest } from "../core/request.ts";
import type { Engine, ThreadRequest } from "../engine/engine.ts";
import { headOfGoal, threadHolds } from "../engine/find-thread.ts";
import { ENGINE_TABLE } from "../engine/index.ts";
import { type CodexSource, codexOfRun, type Taking } from "../run/codex-source.ts";
import { beganElsewhere } from "../run/has-ask-tool.ts";
import { hasSpoken } from "../run/has-spoken.ts";
import { type OpenPower, openPower } from "../run/open-power.ts";
import { powerPlace } from "../run/power-place.ts";
import { readSession } from "../run/session-record.ts";
import type { Stopped } from "../run/stop-turn.ts";
import { RUN_MARKER } from "../sys/environment.ts";
import { ownerOf } from "../sys/owner.ts";
import type { PipedProcess } from "../sys/spawn.ts";
import { stillRoots, stopProcesses } from "../sys/stop-processes.ts";
import { createStayingCodex, processOf, type StayingCodex } from "./staying-codex.ts";

/** What a run is carried out with: its power, opened on this machine, and its Codex. */
export interface Equipment {
  prepare(dir: string, request: RunRequest): Promise<{ power: OpenPower; codex: CodexSource }>;
  /** Ends and removes what is still there; resolves with what that took. */
  close(): Promise<Stopped & { removed_dirs: string[] }>;
}

export interface EquipmentOptions {
  home: string;
  codexEnv: NodeJS.ProcessEnv;
  /** The Codex that was started before all else. */
  started: PipedProcess | undefined;
  /** Hears which Codex it is now. */
  onProcess: (codex: Owner | null) => void;
}

/** Power and Codex anew for every run: both end with it. */
export function equipRun({ home, codexEnv, started, onProcess }: EquipmentOptions): Equipment {
  const early = createEarly(started);
  let power: OpenPower | undefined;
  const heard = (taking: Taking): Taking => ({
    ...taking,
    onThread(one) {
      taking.onThread(one);
      onProcess(processOf(one));
    },
  });
  return {
    async prepare(dir, request) {
      power?.close();
      const opened = openPower(home, powerPlace(dir, request), request, codexEnv);
      power = opened;
      // A message behind the run has a Codex of its own.
      const env = { ...codexEnv, [RUN_MARKER]: request.runId };
      const thread = threadRequest(home, dir, request, opened, env);
      const of = (asked: ThreadRequest) => codexOfRun(enginesOf(request), asked, request.runId);
      return {
        power: opened,
        codex: {
          ...of(thread),
          take(taking) {
            const mine = early.take();
            return of(mine ? { ...thread, started: mine } : thread).take(heard(taking));
          },
          takeNext: (taking, before) => of(thread).takeNext(heard(taking), before),
        },
      };
    },
    async close() {
      const ended = await early.end();
      return { ...ended, removed_dirs: power?.close() ?? [] };
    },
  };
}

/** One power and one Codex for all runs of a session; a run that asks for other ones gets both anew. */
export function equipSession({ home, codexEnv, started, onProcess }: EquipmentOptions): Equipment {
  const early = createEarly(started);
  let held: { asked: string; power: OpenPower; codex: StayingCodex } | undefined;

  const close = async () => {
    const { codex, power } = held ?? {};
    held = undefined;
    const stopped = (await codex?.close()) ?? NOTHING;
    return { ...stopped, removed_dirs: power?.close() ?? [] };
  };

  return {
    async prepare(dir, request) {
      const { power: asks, deny, engine, enginePinned } = request;
      const asked = JSON.stringify([asks, deny, engine, enginePinned]);
      if (held?.asked !== asked) {
        await close();
        const place = powerPlace(dir, request);
        const power = openPower(home, place, request, codexEnv);
        const codex = createStayingCodex({ engines: enginesOf(request), place, early, onProcess });
        held = { asked, power, codex };
      }
      const { power, codex } = held;
      return {
        // What was made for the session stays for its next run.
        power: { ...power, close: power.sweep },
        codex: codex.forRun(threadRequest(home, dir, request, power, codexEnv), (threadId) =>
          threadHolds(codexEnv, threadId, headOfGoal(request.packet.goal)),
        ),
      };
    },
    async close() {
      const [ended, unused] = [await close(), await early.end()];
      return { ...ended, killed: [...unused.killed, ...ended.killed], left: [...unused.left, ...ended.left] };
    },
  };
}

const NOTHING: Stopped = { killed: [], left: [] };

/** A Codex that was started before it was known whether it is needed. */
export interface Early {
  /** Hands it to whoever is first; after that it is theirs to end. */
  take(): PipedProcess | undefined;
  /** Ends it where nobody took it. */
  end(): Promise<Stopped>;
}

function createEarly(started: PipedProcess | undefined): Early {
  // By the end its process id may be somebody else's.
  const leader = started?.pid === undefined ? undefined : ownerOf(started.pid);
  let free = started;
  const take = () => {
    const mine = free;
    free = undefined;
    return mine;
  };
  return {
    take,
    async end() {
      return take() ? stopProcesses({ markers: [], roots: stillRoots(leader) }, 1_000) : NOTHING;
    },
  };
}

const enginesOf = ({ engine, enginePinned }: RunRequest): Engine[] =>
  enginePinned ? [ENGINE_TABLE[engine]] : [ENGINE_TABLE["app-server"], ENGINE_TABLE.exec];

function threadRequest(
  home: string,
  dir: string,
  request: RunRequest,
  power: OpenPower,
  env: NodeJS.ProcessEnv,
): ThreadRequest {
  const known = readSession(home, request.workspace, request.brokerId);
  return {
    cwd: request.workspace,
    policy: power.policy,
    env,
    codex: request.codex,
    scratch: dir,
    adopted: known === undefined && request.threadId !== undefined,
    unspoken: known !== undefined && !beganElsewhere(known) && !hasSpoken(home, known),
    ...(request.threadId === undefined ? {} : { threadId: request.threadId }),
    ...(request.model === undefined ? {} : { model: request.model }),
    ...(request.review === undefined ? {} : reviewing(request)),
  };
}

/** A review asks nobody; Codex's own reviewer would not even see the tool (measured, 0.169.0). */
const reviewing = ({ review, reasoning }: RunRequest): Pick<ThreadRequest, "reviewing" | "unasked"> => ({
  unasked: true,
  ...(review?.native === undefined ? {} : { reviewing: reasoning === undefined ? {} : { reasoning } }),
});
