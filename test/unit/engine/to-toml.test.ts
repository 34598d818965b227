import { describe, expect, it } from "vitest";
import { toToml } from "../../../src/engine/to-toml.ts";
import { readToml } from "./exec/read-toml.ts";

describe("TOML", () => {
  it.each<[unknown, string]>([
    ["a", '"a"'],
    [true, "true"],
    [12, "12"],
    [1.5, "1.5"],
    [[], "[]"],
    [["a", 1, [false]], '["a",1,[false]]'],
    [{}, "{}"],
    [{ a: { "b.c": "d" } }, '{"a"={"b.c"="d"}}'],
  ])("of %j is %s", (value, toml) => {
    expect(toToml(value)).toBe(toml);
  });

  it.each([
    "",
    " blank ",
    'quote " and \\ backslash',
    "C:\\Users\\me\\x",
    "line\nend\r\n",
    "tab\t, bell\x07, nul\0, escape\x1b",
    "é€日本😀",
    "\u2028\u2029\u0085",
    "'single'",
    "# no comment",
    "$HOME $(x) `y`",
    "**/.env*",
    "]]}}=,",
  ])("says %j so that it is read again", (text) => {
    const value = { [text]: text, list: [text, { [text]: true }] };
    expect(readToml(toToml(value))).toEqual(value);
  });

  it("is read by a reader that would see a mistake", () => {
    for (const wrong of ['"a', '"\n"', '"\x7f"', '"\\x"', "{a=1}", '{"a":1}', "[1 2]", "null", '"a" x', "'a'"]) {
      expect(() => readToml(wrong), wrong).toThrow();
    }
  });
});
