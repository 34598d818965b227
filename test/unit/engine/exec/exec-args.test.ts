import { describe, expect, it } from "vitest";
import type { TurnRequest } from "../../../../src/engine/engine.ts";
import { execArgs, toToml } from "../../../../src/engine/exec/exec-args.ts";
import { sampleTurn } from "../sample-turn.ts";
import { readToml } from "./read-toml.ts";

const START = ["exec", "--json", "--skip-git-repo-check", "-C", "/w"];
const PROFILE = [
  "-c",
  'permissions.ask_codex={"filesystem"={":root"="read",":project_roots"={"."="write"},":slash_tmp"="write",":tmpdir"="write","/state"="read"},"network"={"enabled"=false}}',
  "-c",
  'default_permissions="ask_codex"',
];
const READING = [
  "-c",
  'permissions.ask_codex={"filesystem"={":root"="read",":project_roots"={"."="read"},"/state"="deny"},"network"={"enabled"=true}}',
  "-c",
  'default_permissions="ask_codex"',
];
const SHELL = [
  "-c",
  'shell_environment_policy={"inherit"="all","ignore_default_excludes"=false,"set"={"ASK_CODEX_RUN"="r-1"}}',
];

describe("the argv of codex exec", () => {
  it.each<[name: string, request: Partial<TurnRequest>, argv: string[], schema?: string]>([
    ["a new thread", {}, [...START, ...PROFILE, ...SHELL, "-"]],
    ["reading, with the network", { power: { write: "none", network: true } }, [...START, ...READING, ...SHELL, "-"]],
    ["a model", { model: "gpt-5.5" }, [...START, ...PROFILE, ...SHELL, "-m", "gpt-5.5", "-"]],
    ["an effort", { reasoning: "high" }, [...START, ...PROFILE, ...SHELL, "-c", 'model_reasoning_effort="high"', "-"]],
    ["a schema", {}, [...START, ...PROFILE, ...SHELL, "--output-schema", "/s/o.json", "-"], "/s/o.json"],
    ["a thread that goes on", { threadId: "01a1" }, [...START, ...PROFILE, ...SHELL, "resume", "01a1", "-"]],
    [
      "everything at once: flags stand before resume, the prompt's place last",
      { threadId: "01a1", model: "m", reasoning: "low" },
      [
        ...[...START, ...PROFILE, ...SHELL, "-m", "m", "-c", 'model_reasoning_effort="low"'],
        ...["--output-schema", "/s/o.json", "resume", "01a1", "-"],
      ],
      "/s/o.json",
    ],
    [
      "all power, and no profile beside it",
      { power: { write: "everything", network: true } },
      [...START, "-s", "danger-full-access", ...SHELL, "-"],
    ],
    [
      "a directory with a blank",
      { cwd: "/a b", power: { write: "everything", network: true } },
      ["exec", "--json", "--skip-git-repo-check", "-C", "/a b", "-s", "danger-full-access", ...SHELL, "-"],
    ],
  ])("%s", (_, request, argv, schema) => {
    expect(execArgs(sampleTurn(request), schema)).toEqual(argv);
  });

  it("never has the prompt in it, which others could read in the process table", () => {
    expect(execArgs(sampleTurn({ prompt: "SECRET PROMPT" })).join(" ")).not.toContain("SECRET");
  });
});

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
