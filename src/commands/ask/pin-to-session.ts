import { usageError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { Power } from "../../core/request.ts";
import type { AskFlags } from "./flags.ts";

/**
 * A session keeps the workspace and the power it was started with (promise 3). What was asked for on the command
 * line and differs is refused by name: taking it silently would give more power, leaving it out would ignore a flag.
 */
export function pinToSession(input: {
  session: SessionRecord | undefined;
  flags: AskFlags;
  workspace: string;
  power: Power;
}): { workspace: string; power: Power } {
  const { session, flags, workspace, power } = input;
  if (!session) return { workspace, power };
  const differs = [
    flags.workspace !== undefined &&
      workspace !== session.workspace &&
      `--workspace ${flags.workspace} (it is ${session.workspace})`,
    asksForMore(flags, power, session.power) &&
      `${powerFlags(flags)} (it may write: ${session.power.write}, network ${session.power.network ? "on" : "off"})`,
  ].find((text) => text !== false);
  if (differs)
    throw usageError(
      `the session ${session.broker_id} keeps what it was started with, but the call asks for ${differs}`,
      "leave that out, or start a new session",
    );
  return { workspace: session.workspace, power: namesPower(flags) ? power : session.power };
}

const RANK = { none: 0, workspace: 1, everything: 2 } as const;

const namesPower = (flags: AskFlags): boolean =>
  flags.sandbox !== undefined || flags.role !== undefined || flags["read-only"] === true;

function asksForMore(flags: AskFlags, asked: Power, had: Power): boolean {
  if (flags.network && !had.network) return true;
  return namesPower(flags) && (RANK[asked.write] > RANK[had.write] || (asked.network && !had.network));
}

function powerFlags(flags: AskFlags): string {
  const named = [
    flags.role && `--role ${flags.role}`,
    flags.sandbox && `--sandbox ${flags.sandbox}`,
    flags.network && "--network",
  ];
  return named.filter(Boolean).join(" ");
}
