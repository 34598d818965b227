import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { messageOf } from "../../core/errors.ts";
import type { LimitWindow } from "../../core/event.ts";
import { shortLine } from "../../core/one-line.ts";
import { redact } from "../../core/redact.ts";
import { type Connection, connect } from "../../rpc/connection.ts";
import { codexEnvironment } from "../../sys/environment.ts";
import { spawnPiped } from "../../sys/spawn.ts";
import { stopProcesses } from "../../sys/stop-processes.ts";
import { goesWithin } from "../exit-error.ts";
import { appServerCommand } from "./command.ts";
import { toLimitWindow } from "./map-notification.ts";

/** With the start of Codex it takes 0.2 s, and as long as the service does. */
const ANSWER_MS = 4_000;
/** A Codex whose input is closed goes in 0.05 s; one that still waits for the service has nothing to lose. */
const GO_MS = 300;
const WHY_CHARS = 160;

const Answer = z.looseObject({
  rateLimits: z.looseObject({ primary: z.unknown().optional(), secondary: z.unknown().optional() }),
});

export interface AccountLimits {
  primary: LimitWindow | null;
  secondary: LimitWindow | null;
}

/**
 * Asks the account that Codex is logged in with how full its quota is (`account/rateLimits/read`, CODEX.md 7), in a
 * Codex of its own that is gone when this resolves. Never rejects: whoever gets no answer is told why.
 */
export async function readLimits(about: {
  codex: { command: string; args: readonly string[] };
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** What its processes carry, by which they are found. */
  marker: string;
  answerMs?: number;
}): Promise<{ windows: AccountLimits } | { why: string }> {
  const { codex, cwd, marker, answerMs = ANSWER_MS } = about;
  const child = spawnPiped(appServerCommand(codex, cwd, codexEnvironment(about.env, marker)));
  let garbled = false;
  const connection = connect({
    input: child.stdout,
    output: child.stdin,
    onBadLine: () => {
      garbled = true;
    },
  });
  const late = sleep(answerMs, { why: `Codex did not answer within ${answerMs / 1000} s` }, { ref: false });
  try {
    const answer = await Promise.race([ask(connection), late]);
    return garbled && "why" in answer ? { why: "Codex did not answer in JSON" } : answer;
  } finally {
    connection.close();
    if (!(await goesWithin(child, GO_MS)))
      await stopProcesses({ markers: [marker], roots: child.pid === undefined ? [] : [child.pid] }, GO_MS);
  }
}

async function ask(connection: Connection): Promise<{ windows: AccountLimits } | { why: string }> {
  try {
    await connection.request("initialize", { clientInfo: { name: "ask-codex", version: "0" } });
    connection.notify("initialized", {});
    const answer = Answer.safeParse(await connection.request("account/rateLimits/read", {})).data;
    if (!answer) return { why: "Codex answered in a form that is not known" };
    const { primary, secondary } = answer.rateLimits;
    return { windows: { primary: toLimitWindow(primary), secondary: toLimitWindow(secondary) } };
  } catch (error) {
    const said = messageOf(error);
    // Codex's own words carry the whole address and a place in the text.
    if (/decode error/i.test(said)) return { why: "the service gave an answer that Codex can't read" };
    return { why: redact(shortLine(`the account can't be asked: ${said}`, WHY_CHARS)) };
  }
}
