import { describe, expect, it } from "vitest";
import type { ThreadRequest, TurnInput } from "../../../../src/engine/engine.ts";
import { execArgs } from "../../../../src/engine/exec/exec-args.ts";
import { FULL_ACCESS, samplePolicy, sampleThread } from "../sample-thread.ts";

const START = ["exec", "--json", "--skip-git-repo-check", "-C", "/w"];
const PROFILE = [
  "-c",
  'permissions.ask_codex_r_1={"filesystem"={":root"="read",":project_roots"={"."="write"},"/state"="deny"},"network"={"enabled"=false}}',
  "-c",
  'default_permissions="ask_codex_r_1"',
];
const LEGACY = [
  ...["-s", "workspace-write"],
  ...["-c", 'sandbox_workspace_write={"writable_roots"=["/w"],"network_access"=false}'],
];
const OPEN = ["-s", "danger-full-access", "-c", "sandbox_workspace_write={}"];
const SHELL = ["-c", 'shell_environment_policy={"inherit"="all","set"={"ASK_CODEX_RUN"="r-1"}}'];

type Asked = Partial<ThreadRequest & TurnInput>;
type Row = [name: string, asked: Asked, argv: string[], schema?: string];
const ROWS: Row[] = [
  ["a new thread", {}, ["-"]],
  ["a model", { model: "gpt-5.5" }, ["-m", "gpt-5.5", "-"]],
  ["an effort", { reasoning: "high" }, ["-c", 'model_reasoning_effort="high"', "-"]],
  ["a schema", {}, ["--output-schema", "/s/o.json", "-"], "/s/o.json"],
  ["a thread that goes on", { threadId: "01a1" }, ["resume", "01a1", "-"]],
  [
    "everything at once: flags stand before resume, the prompt's place last",
    { threadId: "01a1", model: "m", reasoning: "low" },
    ["-m", "m", "-c", 'model_reasoning_effort="low"', "--output-schema", "/s/o.json", "resume", "01a1", "-"],
    "/s/o.json",
  ],
];

const argvOf = (asked: Asked, profiles: boolean, schemaPath?: string) =>
  execArgs(sampleThread(asked), asked, { profiles, ...(schemaPath === undefined ? {} : { schemaPath }) });

describe("the argv of codex exec", () => {
  it.each<Row>(ROWS)("%s", (_, asked, argv, schema) => {
    expect(argvOf(asked, true, schema)).toEqual([...START, ...PROFILE, ...SHELL, ...argv]);
  });

  it.each<Row>(ROWS)("%s, of a Codex without profiles", (_, asked, argv, schema) => {
    expect(argvOf(asked, false, schema)).toEqual([...START, ...LEGACY, ...SHELL, ...argv]);
  });

  it("has the name of the run's own profile, and of no other", () => {
    const argv = argvOf({ policy: samplePolicy({ name: "ask_codex_r_2" }) }, true).join(" ");
    expect(argv).toContain('permissions.ask_codex_r_2={"filesystem"');
    expect(argv).toContain('default_permissions="ask_codex_r_2"');
  });

  it.each([true, false])("with full access has no profile beside it (profiles known: %s)", (profiles) => {
    expect(argvOf({ policy: FULL_ACCESS }, profiles)).toEqual([...START, ...OPEN, ...SHELL, "-"]);
  });

  it.each([true, false])("never names a mode and a profile: the older key would win (profiles known: %s)", (known) => {
    const argv = argvOf({}, known);
    expect(argv.includes("-s")).toBe(!known);
    expect(argv.join(" ").includes("default_permissions")).toBe(known);
  });

  it("takes a directory with a blank as one word", () => {
    expect(argvOf({ cwd: "/a b" }, true).slice(3, 5)).toEqual(["-C", "/a b"]);
  });

  it("never has the prompt in it, which others could read in the process table", () => {
    expect(argvOf({ prompt: "SECRET PROMPT" }, true).join(" ")).not.toContain("SECRET");
  });
});
