import { readFileSync } from "node:fs";
import { AskCodexError, messageOf } from "../core/errors.ts";
import { exitCodeOf } from "../core/exit-table.ts";
import type { Command, Io } from "./define.ts";
import { renderHelp } from "./help.ts";
import { parseCommand } from "./parse.ts";
import { pasteable } from "./pasteable.ts";

/** Runs a command and resolves with its exit code; whatever goes wrong becomes one sentence and a code of the exit table. */
export async function runCommand(command: Command, io: Io): Promise<number> {
  const wantsJson = wants(io.argv, "--json");
  try {
    if (wants(io.argv, "--help", "-h")) return print(io, renderHelp(command, io.self));
    if (wants(io.argv, "--version")) return print(io, `${command.name} ${packageVersion()}\n`);
    return await command.run(parseCommand(command, io.argv), io);
  } catch (error) {
    const known = error instanceof AskCodexError ? error : undefined;
    const kind = known?.kind ?? "failed";
    const message = oneLine(known ? known.message : `ask-codex itself failed: ${messageOf(error)}`);
    const hint = known?.hint === undefined ? undefined : oneLine(known.hint);
    if (wantsJson)
      print(
        io,
        `${JSON.stringify({ verdict: kind, exit_code: exitCodeOf(kind), reason: message, ...(hint ? { hint } : {}) })}\n`,
      );
    const shown = hint && io.stderr.isTTY ? pasteable(hint, io.self) : hint;
    io.stderr.write(`${command.name}: ${message}${shown ? `\n  hint: ${shown}` : ""}\n`);
    if (!known && error instanceof Error && io.env.ASK_CODEX_DEBUG) io.stderr.write(`${error.stack}\n`);
    return exitCodeOf(kind);
  }
}

/** A message quotes what it was given: it must stay one sentence, and harmless for a terminal. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();

/** A switch before `--`; behind it everything is the goal. */
function wants(argv: readonly string[], ...names: string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => names.includes(word));
}

function print(io: Io, text: string): number {
  io.stdout.write(text);
  return 0;
}

/** scripts/, dist/ and src/cli lie at different depths below the package; the nearest package.json is ours. */
export function packageVersion(): string {
  for (const up of ["..", "../.."]) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), "utf8"));
      if (
        typeof found === "object" &&
        found !== null &&
        "name" in found &&
        found.name === "ask-codex" &&
        "version" in found
      )
        return String(found.version);
    } catch {
      // Not at this depth.
    }
  }
  return "unknown";
}
