import { PassThrough, Readable } from "node:stream";
import * as z from "zod";
import { COMMON_FLAGS, type Command, defineCommand, type Io } from "../../../src/cli/define.ts";

/** A command with one option of every kind. */
export const SAMPLE_FLAGS = z.strictObject({
  file: z.array(z.string()).optional().meta({ short: "f", value: "PATH", repeat: true, help: "a file, or several" }),
  output: z.string().min(1, "must be a path").optional().meta({ short: "o", value: "FILE", help: "where it goes" }),
  timeout: z
    .string()
    .regex(/^\d+$/, "must be a number of seconds")
    .transform(Number)
    .optional()
    .meta({ value: "S", help: "how long" }),
  engine: z
    .enum(["fast", "slow"], { error: "must be one of fast, slow" })
    .optional()
    .meta({ value: "E", help: "which one" }),
  "dry-run": z.boolean().optional().meta({ help: "start nothing" }),
  verbose: z.boolean().optional().meta({ short: "v", help: "say more" }),
  ...COMMON_FLAGS,
});

export const sampleCommand = (run: Command<typeof SAMPLE_FLAGS>["run"] = async () => 0) =>
  defineCommand({
    name: "sample",
    summary: "Does something.",
    usage: ["sample [options] [--] GOAL"],
    flags: SAMPLE_FLAGS,
    examples: [["sample -f a.txt x", "an example"]],
    run,
  });

export interface SampleIo extends Io {
  out(): string;
  err(): string;
}

/** The world of a command, with its output kept. */
export function sampleIo(argv: readonly string[], over: Partial<Io> = {}): SampleIo {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const textOf = (stream: PassThrough) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    return () => text;
  };
  return {
    argv,
    env: {},
    cwd: "/work",
    stdin: Readable.from([]),
    stdout,
    stderr,
    brokerProgram: ["/skill/dist/broker_process.mjs"],
    self: (script) => `node /skill/scripts/${script}.mjs`,
    onSignal: () => () => {},
    out: textOf(stdout),
    err: textOf(stderr),
    ...over,
  };
}
