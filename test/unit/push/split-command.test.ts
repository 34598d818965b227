import { describe, expect, it } from "vitest";
import { splitCommand } from "../../../src/push/split-command.ts";

const split = (text: string) => splitCommand(text, "--notify-cmd");

describe("splitCommand", () => {
  it.each<[string, string[]]>([
    ["beep", ["beep"]],
    ["  a  b\tc ", ["a", "b", "c"]],
    ["a 'b c' \"d e\"", ["a", "b c", "d e"]],
    ["a 'b'\"c\"d", ["a", "bcd"]],
    ["a '' \"\"", ["a", "", ""]],
    ["a\\ b c\\\\d", ["a b", "c\\d"]],
    ['a "b\\"c" "d\\n"', ["a", 'b"c', "d\\n"]],
    ["a 'b\\c'", ["a", "b\\c"]],
    ["curl 'http://x/?a=1&b=$c' '|'", ["curl", "http://x/?a=1&b=$c", "|"]],
    ['a "b & c; d"', ["a", "b & c; d"]],
    ["a \\$HOME \\| 5$", ["a", "$HOME", "|", "5$"]],
    ["a\\", ["a\\"]],
  ])("%s", (text, words) => {
    expect(split(text)).toEqual(words);
  });

  it.each<[string, string[]]>([
    ["C:\\tools\\beep.exe -x", ["C:\\tools\\beep.exe", "-x"]],
    ['"C:\\My Tools\\beep.exe" "a b"', ["C:\\My Tools\\beep.exe", "a b"]],
    ['a "b\\"c"', ["a", 'b"c']],
    ["\\\\nas\\beep.exe", ["\\\\nas\\beep.exe"]],
  ])("on Windows a backslash parts a path: %s", (text, words) => {
    expect(splitCommand(text, "--notify-cmd", "win32")).toEqual(words);
  });

  it.each([
    ["a 'b", "a quote (') that is not closed"],
    ['a "b\\"', 'a quote (") that is not closed'],
    ["'' a", "names no program"],
    ["  ", "names no program"],
    ["a | b", "a sign of a shell's (|)"],
    ["a > b", "a sign of a shell's (>)"],
    ["a; b", "a sign of a shell's (;)"],
    ["a && b", "a sign of a shell's (&)"],
    ["a $HOME", "a sign of a shell's ($)"],
    ['a "$(b)"', "a sign of a shell's ($)"],
    ['a "`b`"', "a sign of a shell's (`)"],
  ])("%s is refused: %s", (text, why) => {
    expect(() => split(text)).toThrow(why);
  });
});
