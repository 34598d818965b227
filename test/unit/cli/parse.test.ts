import { describe, expect, it } from "vitest";
import { parseCommand } from "../../../src/cli/parse.ts";
import { sampleCommand } from "./sample-command.ts";

const parse = (argv: readonly string[]) => parseCommand(sampleCommand(), argv);

describe("what is taken", () => {
  it.each<[name: string, argv: string[], flags: object, positionals?: string[]]>([
    ["nothing", [], {}],
    ["a goal", ["do it"], {}, ["do it"]],
    ["several words, for the command to judge", ["do", "it"], {}, ["do", "it"]],
    ["an option and a goal, in any order", ["do it", "--output", "f"], { output: "f" }, ["do it"]],
    ["a value behind =", ["--output=f"], { output: "f" }],
    ["a value that begins with -, behind =", ["--output=-f"], { output: "-f" }],
    ["a value with =", ["--output=a=b"], { output: "a=b" }],
    ["a value with blanks", ["--output", "a b"], { output: "a b" }],
    ["a short option", ["-o", "f"], { output: "f" }],
    ["a short option with its value", ["-of"], { output: "f" }],
    ["short switches in one", ["-vh"], { verbose: true, help: true }],
    ["a short switch and an option in one", ["-vo", "f"], { verbose: true, output: "f" }],
    ["a repeated option", ["-f", "a", "--file", "b", "-f", "a"], { file: ["a", "b", "a"] }],
    ["a repeated option given once", ["--file=a"], { file: ["a"] }],
    ["a switch", ["--dry-run"], { "dry-run": true }],
    ["a number", ["--timeout", "90"], { timeout: 90 }],
    ["a word of a list", ["--engine", "slow"], { engine: "slow" }],
    [
      "all behind --, whatever it looks like",
      ["--dry-run", "--", "--output", "-x"],
      { "dry-run": true },
      ["--output", "-x"],
    ],
    ["-- itself behind --", ["--", "--"], {}, ["--"]],
    ["-, which is a goal", ["-"], {}, ["-"]],
    ["an empty goal, for the command to judge", [""], {}, [""]],
  ])("%s", (_, argv, flags, positionals = []) => {
    const parsed = parse(argv);
    expect({ ...parsed.flags }).toEqual(flags);
    expect(parsed.positionals).toEqual(positionals);
  });
});

const SEE = "see sample --help";

describe("what is refused", () => {
  it("no goal is spoken of where none can be", () => {
    const command = { ...sampleCommand(), usage: ["sample show ID [options]"] };
    expect(() => parseCommand(command, ["--colour"])).toThrowError(expect.objectContaining({ hint: SEE }));
  });

  it.each<[name: string, argv: string[], message: string, hint: string]>([
    [
      "an unknown option",
      ["--colour"],
      "there is no option --colour",
      `a goal that begins with "-" goes behind "--"; ${SEE}`,
    ],
    ["one slip", ["--otput", "f"], "there is no option --otput", "did you mean --output?"],
    ["two slips", ["--tiemout", "5"], "there is no option --tiemout", "did you mean --timeout?"],
    ["a slip with =", ["--engin=fast"], "there is no option --engin", "did you mean --engine?"],
    [
      "three slips, which is no slip",
      ["--vorbiss"],
      "there is no option --vorbiss",
      `a goal that begins with "-" goes behind "--"; ${SEE}`,
    ],
    [
      "an unknown short option",
      ["-x"],
      "there is no option -x",
      `a goal that begins with "-" goes behind "--"; ${SEE}`,
    ],
    [
      "the negation of a switch",
      ["--no-verbose"],
      "there is no option --no-verbose",
      `a goal that begins with "-" goes behind "--"; ${SEE}`,
    ],
    [
      "an inherited name",
      ["--constructor"],
      "there is no option --constructor",
      `a goal that begins with "-" goes behind "--"; ${SEE}`,
    ],
    [
      "a prototype",
      ["--__proto__"],
      "there is no option --__proto__",
      `a goal that begins with "-" goes behind "--"; ${SEE}`,
    ],
    ["an option twice", ["--output", "a", "-o", "b"], "--output is given twice", "give it once"],
    ["a switch twice", ["-v", "--verbose"], "--verbose is given twice", "give it once"],
    ["the same value twice", ["-o", "a", "-o", "a"], "--output is given twice", "give it once"],
    ["no value", ["--output"], "--output needs a value", SEE],
    ["no value of a short option", ["-o"], "--output needs a value", SEE],
    [
      "another option for a value",
      ["--output", "--dry-run"],
      '--output needs a value, and what follows it begins with "-"',
      `--output=VALUE takes such a value; ${SEE}`,
    ],
    [
      "a negative number for a value",
      ["--timeout", "-5"],
      '--timeout needs a value, and what follows it begins with "-"',
      `--timeout=VALUE takes such a value; ${SEE}`,
    ],
    ["a negative number behind =", ["--timeout=-5"], '--timeout: must be a number of seconds (got "-5")', SEE],
    ["no number", ["--timeout", "soon"], '--timeout: must be a number of seconds (got "soon")', SEE],
    ["an empty value", ["--output="], '--output: must be a path (got "")', SEE],
    ["a word that is not in the list", ["--engine", "warp"], '--engine: must be one of fast, slow (got "warp")', SEE],
    ["a value for a switch", ["--dry-run=true"], "--dry-run is a switch and takes no value", SEE],
  ])("%s", (_, argv, message, hint) => {
    expect(() => parse(argv)).toThrow(expect.objectContaining({ kind: "usage", exitCode: 64, message, hint }));
  });

  it("quotes only the head of a long value", () => {
    const error = (() => {
      try {
        return parse(["--timeout", "x".repeat(5_000)]);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(Error);
    expect(String(error).length).toBeLessThan(200);
  });
});
