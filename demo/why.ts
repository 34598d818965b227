import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const Ended = z.looseObject({ type: z.literal("command_ended"), output: z.string() });

/** The commonest reason why the demo fails on a machine: Codex's sandbox can't start there. Said with its own words. */
export function findSandboxFault(record: string): string | undefined {
  const lines = readFileSync(join(record, "events.jsonl"), "utf8").trim().split("\n");
  const outputs = lines.map((line) => Ended.safeParse(JSON.parse(line)).data?.output ?? "");
  const words = outputs
    .flatMap((text) => text.split("\n"))
    .find((line) => /bwrap:|landlock|seccomp|namespace/i.test(line));
  if (words === undefined) return undefined;
  return `Codex's sandbox does not work here (${words.trim()}); see Troubleshooting in README.md`;
}
