import { expect, test } from "vitest";
import * as z from "zod";
import { COMMON_FLAGS, defineCommand } from "../../../src/cli/define.ts";
import { renderHelp } from "../../../src/cli/help.ts";
import { parseCommand } from "../../../src/cli/parse.ts";

const command = defineCommand({
  name: "sample",
  summary: "Does something.",
  usage: [],
  flags: z.strictObject({
    from: z.string().optional().meta({ value: "FILE", bare: true, help: "where from" }),
    name: z.string().optional().meta({ value: "N", help: "a name" }),
    ...COMMON_FLAGS,
  }),
  examples: [],
  run: async () => 0,
});
const parse = (...argv: string[]) => {
  const { flags, positionals } = parseCommand(command, argv);
  return { ...flags, positionals };
};

test("a value that may be left out is given with =, and the next word is never taken for it", () => {
  expect(parse("--from")).toEqual({ from: "", positionals: [] });
  expect(parse("--from", "goal")).toEqual({ from: "", positionals: ["goal"] });
  expect(parse("--from=a", "goal")).toEqual({ from: "a", positionals: ["goal"] });
  expect(parse("goal", "--", "--from")).toEqual({ positionals: ["goal", "--from"] });
  expect(() => parse("--from", "--from=a")).toThrow("--from is given twice");
  expect(() => parse("--name")).toThrow("--name needs a value");
});

test("the help shows it so", () => {
  expect(renderHelp(command, String)).toContain("--from[=FILE]");
});
