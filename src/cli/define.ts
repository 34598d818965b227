import type { Readable, Writable } from "node:stream";
import * as z from "zod";

/** What the help says of an option, kept on its zod schema: one record is the parser, the types and the help. */
export interface OptionMeta {
  help: string;
  /** Name of the value in the help; an option without one is a switch. */
  value?: string;
  /** Its value may be left out, and is empty then; one that there is follows a "=". */
  bare?: boolean;
  short?: string;
  repeat?: boolean;
}

const OptionMetaSchema = z.looseObject({
  help: z.string(),
  value: z.string().optional(),
  bare: z.boolean().optional(),
  short: z.string().optional(),
  repeat: z.boolean().optional(),
});

/** The ambient world of a command, handed in so that nothing is read behind its back. */
export interface Io {
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdin: Readable;
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean };
  /** What Node runs as a broker: files beside the script that was called. */
  brokerProgram: readonly string[];
  /** How this very script is called, for the commands that we print. */
  self: (script: string) => string;
  onSignal: (signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void) => () => void;
}

export interface Command<Flags extends z.ZodObject = z.ZodObject> {
  name: string;
  summary: string;
  usage: readonly string[];
  flags: Flags;
  examples: readonly (readonly [line: string, what: string])[];
  /** Resolves with the exit code. */
  run(input: { flags: z.infer<Flags>; positionals: readonly string[] }, io: Io): Promise<number>;
}

/** Keeps the flags' type for `run`. */
export const defineCommand = <Flags extends z.ZodObject>(command: Command<Flags>): Command<Flags> => command;

/** The options that every command has. */
export const COMMON_FLAGS = {
  json: z.boolean().optional().meta({ help: "print exactly one JSON object on stdout" }),
  help: z.boolean().optional().meta({ short: "h", help: "show this help" }),
  version: z.boolean().optional().meta({ help: "show the version" }),
};

/** The options of a command with what the help says of them, in order. */
export function optionsOf(flags: z.ZodObject): [name: string, meta: OptionMeta][] {
  return Object.entries(flags.shape).map(([name, schema]) => {
    const { help, value, bare, short, repeat } = OptionMetaSchema.parse(z.globalRegistry.get(schema) ?? { help: "" });
    return [
      name,
      {
        help,
        ...(value === undefined ? {} : { value }),
        ...(bare === undefined ? {} : { bare }),
        ...(short === undefined ? {} : { short }),
        ...(repeat === undefined ? {} : { repeat }),
      },
    ];
  });
}
