import { oneLine } from "../core/one-line.ts";
import type { Packet } from "../core/packet.ts";
import type { Role } from "./role.ts";

const OWN = {
  write: "run the checks that fit the change yourself and report each command with its result",
  read: "cite the evidence (path:line, command and output) for each claim",
} as const;

/** The last line of a prompt: what Codex checks, and what is run afterwards whatever it says. */
export function verificationLine(packet: Packet, role: Role): string {
  const runs = callerRuns(packet) ?? (role.power === "write" ? "the caller runs its own" : undefined);
  const own = [OWN[role.power], ...proseChecks(packet)].join("; ");
  return `Verification: ${[own, ...(runs === undefined ? [] : [runs])].join("; ")}.`;
}

/** The commands that our own process runs, by name: Codex may run them first, and can't talk its way past them. */
export function callerRuns({ verify }: Packet): string | undefined {
  return verify.length === 0
    ? undefined
    : `the caller then runs, outside your control: ${verify.map(codeSpan).join(", ")}`;
}

/** The checks that only Codex can do. */
export const proseChecks = ({ verifyProse }: Packet): string[] =>
  verifyProse.length === 0 ? [] : [`check and report also: ${verifyProse.map(clause).join("; ")}`];

const clause = (text: string): string => oneLine(text).replace(/[.;]+$/, "");

/** A command on one line; its own backticks are kept by longer ones around it. */
function codeSpan(command: string): string {
  const line = command.includes("\n") ? JSON.stringify(command) : command;
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((ticks) => ticks.length));
  if (longest === 0) return `\`${line}\``;
  const ticks = "`".repeat(longest + 1);
  return `${ticks} ${line} ${ticks}`;
}
