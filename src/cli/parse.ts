import { parseArgs } from "node:util";
import type * as z from "zod";
import { errorCode, messageOf, usageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { type Command, type OptionMeta, optionsOf } from "./define.ts";

type Named = Pick<Command, "name" | "usage">;

/** Reads an argv strictly: an unknown option, one without its value, one given twice or with a bad value is bad input. */
export function parseCommand<Flags extends z.ZodObject>(
  command: Command<Flags>,
  argv: readonly string[],
): { flags: z.infer<Flags>; positionals: string[] } {
  const options = optionsOf(command.flags);
  const { values, positionals, tokens } = readArgs(command, options, argv);
  refuseTwice(options, tokens);
  const parsed = command.flags.safeParse(values);
  if (parsed.success) return { flags: parsed.data, positionals };
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? "");
  throw usageError(`--${name}: ${issue?.message ?? "bad value"} (got ${show(values[name])})`, hintFor(command.name));
}

function readArgs(command: Named, options: [string, OptionMeta][], argv: readonly string[]) {
  const config = Object.fromEntries(
    options.map(([option, meta]) => [
      option,
      {
        type: meta.value === undefined ? ("boolean" as const) : ("string" as const),
        ...(meta.short ? { short: meta.short } : {}),
        multiple: meta.repeat ?? false,
      },
    ]),
  );
  try {
    return parseArgs({
      args: withEmpty(options, argv),
      options: config,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    throw explain(command, options, error);
  }
}

/** parseArgs knows no values that may be left out, but empty ones. */
function withEmpty(options: readonly [string, OptionMeta][], argv: readonly string[]): string[] {
  const bare = new Set(options.flatMap(([name, meta]) => (meta.bare ? `--${name}` : [])));
  const end = argv.indexOf("--");
  return argv.map((word, at) => (bare.has(word) && (end < 0 || at < end) ? `${word}=` : word));
}

function explain({ name, usage }: Named, options: [string, OptionMeta][], error: unknown): Error {
  const message = messageOf(error);
  if (errorCode(error) === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const flag = /'([^']+)'/.exec(message)?.[1] ?? "";
    const known = options.map(([option]) => `--${option}`);
    // The opposite of a switch is no slip of it.
    const near = flag.startsWith("--no-")
      ? known.find((one) => nearest(flag, [one]) && one.startsWith("--no-"))
      : nearest(flag, known);
    // Of use only where there can be words of the user's own.
    const behind = usage.some((line) => line.includes("[--]")) ? 'a goal that begins with "-" goes behind "--"; ' : "";
    return usageError(`there is no option ${flag}`, near ? `did you mean ${near}?` : `${behind}${hintFor(name)}`);
  }
  if (errorCode(error) === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") return explainValue(name, message);
  return error instanceof Error ? error : new Error(message);
}

/** parseArgs says it in three ways, one of them over two lines and none with what to do. */
function explainValue(name: string, message: string): Error {
  const flag = /(--[\w-]+)/.exec(message)?.[1] ?? "the option";
  if (/does not take/.test(message)) return usageError(`${flag} is a switch and takes no value`, hintFor(name));
  if (/ambiguous/.test(message))
    return usageError(
      `${flag} needs a value, and what follows it begins with "-"`,
      `${flag}=VALUE takes such a value; ${hintFor(name)}`,
    );
  return usageError(`${flag} needs a value`, hintFor(name));
}

function refuseTwice(options: [string, OptionMeta][], tokens: readonly { kind: string; name?: string }[]): void {
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== "option" || token.name === undefined) continue;
    const repeat = options.find(([name]) => name === token.name)?.[1].repeat ?? false;
    if (seen.has(token.name) && !repeat) throw usageError(`--${token.name} is given twice`, "give it once");
    seen.add(token.name);
  }
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? "nothing";
const hintFor = (name: string): string => `see ${name} --help`;
