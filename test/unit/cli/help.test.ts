import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Command, defineCommand, optionsOf } from "../../../src/cli/define.ts";
import { renderHelp } from "../../../src/cli/help.ts";
import { ask } from "../../../src/commands/ask/ask.ts";
import { runs } from "../../../src/commands/runs/runs.ts";
import { sampleCommand } from "./sample-command.ts";

const self = (script: string) => `node /skill/scripts/${script}.mjs`;
const COMMANDS: [string, Command][] = [
  ["sample", sampleCommand()],
  ["ask_codex", ask],
  ["codex_runs", runs],
];

describe.each(COMMANDS)("the help of %s", (_, command) => {
  const help = renderHelp(command, self);
  const options = help.slice(help.indexOf("\nOptions\n"), help.indexOf("\nExamples\n"));

  it("begins with what it does and how it is called", () => {
    expect(help.startsWith(`${command.summary}\n\nUsage\n`)).toBe(true);
    for (const line of command.usage) expect(help).toContain(`\n  ${line}\n`);
  });

  it("has every option, its short form and its value, in order", () => {
    const heads = optionsOf(command.flags).map(([name, meta]) => {
      const short = meta.short === undefined ? "    " : `-${meta.short}, `;
      return `\n  ${short}--${name}${meta.value === undefined ? "" : ` ${meta.value}`}`;
    });
    // A head is a whole one: --notify is also how --notify-cmd begins.
    const places = heads.map((head) => Math.max(options.indexOf(`${head} `), options.indexOf(`${head}\n`)));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect([...places].sort((one, two) => one - two)).toEqual(places);
  });

  it("says something of every option, whole", () => {
    const words = options.replaceAll(/\s+/g, " ");
    for (const [name, meta] of optionsOf(command.flags)) {
      expect(meta.help, name).toMatch(/\w \w/);
      expect(words, name).toContain(meta.help + (meta.repeat ? " (repeatable)" : ""));
    }
  });

  it("fits a terminal", () => {
    for (const line of options.split("\n")) expect(line.length, line).toBeLessThanOrEqual(96);
    expect(help).not.toMatch(/[ \t]$/m);
  });

  it("has examples, and ends with how it is really called", () => {
    for (const [line, what] of command.examples) expect(help).toContain(`  # ${what}\n  ${line}\n`);
    expect(help.endsWith(`\n${command.name} stands for: ${self(command.name)}\n`)).toBe(true);
  });
});

describe("the layout", () => {
  const lay = (flags: z.ZodObject) => {
    const help = renderHelp(defineCommand({ ...sampleCommand(), flags, run: async () => 0 }), self);
    return help.slice(help.indexOf("Options\n") + 8, help.indexOf("\n\nExamples"));
  };

  it("puts the words in a column", () => {
    const flags = z.object({
      a: z.boolean().meta({ help: "one" }),
      long: z.string().meta({ short: "l", value: "VALUE", help: "two" }),
    });
    expect(lay(flags)).toBe("      --a           one\n  -l, --long VALUE  two");
  });

  it("gives a long option a line of its own", () => {
    const flags = z.object({ "a-very-long-name-of-an-option": z.string().meta({ value: "VALUE", help: "one" }) });
    expect(lay(flags)).toBe(`      --a-very-long-name-of-an-option VALUE\n${" ".repeat(30)}one`);
  });

  it("wraps between words, under the column", () => {
    const flags = z.object({ a: z.boolean().meta({ help: "word ".repeat(40).trim() }) });
    const [first = "", ...more] = lay(flags).split("\n");
    expect(more.length).toBeGreaterThan(1);
    for (const line of more) expect(line).toMatch(/^ {11}word( word)*$/);
    expect(first).toMatch(/^ {6}--a {2}word( word)*$/);
    expect(lay(flags).match(/word/g)).toHaveLength(40);
  });

  it("leaves a word alone that is longer than the line", () => {
    const long = "x".repeat(200);
    expect(lay(z.object({ a: z.boolean().meta({ help: `see ${long} there` }) }))).toContain(long);
  });
});
