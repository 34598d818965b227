import { shortLine } from "../core/one-line.ts";
import type { TurnState } from "./turn-state.ts";

const COMMAND_CHARS = 80;
/** Codex runs everything as `/bin/bash -lc '…'`; what stands in the quotes is what a person wants to see. */
const SHELL = /^\S*sh -l?c (['"]?)(.*)\1$/s;

/**
 * What is said of a turn that Codex calls done, that no check of ours looked at, and whose last command failed: a
 * command that failed before one that went well was got over.
 */
export function commandWarnings(turn: Pick<TurnState, "failedCommands" | "lastCommand">): string[] {
  const { failedCommands, lastCommand: last } = turn;
  if (last === undefined || last.exitCode === 0) return [];
  const how = last.exitCode === null ? "no exit code" : `exit ${last.exitCode}`;
  const command = shortLine(last.command.replace(SHELL, "$2"), COMMAND_CHARS);
  const count = failedCommands > 1 ? `${failedCommands} commands failed, the last` : "the last command failed";
  return [`${count}: ${command} (${how}), and no check of ours ran`];
}
