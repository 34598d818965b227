import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { legacySandboxCommand } from "../../../src/engine/legacy-sandbox.ts";
import { type SandboxInput, sandboxCommand } from "../../../src/engine/sandbox-command.ts";
import { runQuick } from "../../../src/sys/run-quick.ts";
import type { Command } from "../../../src/sys/spawn.ts";
import { codexBinary } from "../../kit/lab.ts";
import { readToml } from "./exec/read-toml.ts";

const INPUT: SandboxInput = {
  codex: { command: "/opt/codex", args: ["--x"] },
  profile: { filesystem: { ":root": "read", "/a b": "deny" }, network: { enabled: false } },
  profileName: "ask_codex",
  codexHome: "/state/empty",
  cwd: "/w",
  env: { PATH: "/bin", CODEX_HOME: "/home/me/.codex" },
  argv: ["/bin/sh", "-c", "npm test -- --x"],
};

describe("the command of the sandbox", () => {
  it("names the profile and gives it, and hands the argv over untouched", () => {
    const { command, args, cwd, env } = sandboxCommand(INPUT);
    expect({ command, cwd }).toEqual({ command: "/opt/codex", cwd: "/w" });
    expect(args.filter((_, at) => at !== 5)).toEqual(["--x", "sandbox", "-P", "ask_codex", "-c", "--", ...INPUT.argv]);
    const [key, ...value] = (args[5] ?? "").split("=");
    expect(key).toBe("permissions.ask_codex");
    expect(readToml(value.join("="))).toEqual(INPUT.profile);
    expect(env).toEqual({ PATH: "/bin", CODEX_HOME: "/state/empty" });
  });

  it("with full access is the command itself", () => {
    expect(sandboxCommand({ ...INPUT, profile: null })).toEqual({
      command: "/bin/sh",
      args: ["-c", "npm test -- --x"],
      cwd: "/w",
      env: INPUT.env,
    });
  });

  it("without profiles names a mode", () => {
    const { profile: _, profileName: __, ...rest } = INPUT;
    const settings = { writable_roots: ["/w/a b"], network_access: false };
    expect(legacySandboxCommand({ ...rest, form: undefined, mode: "workspace-write", settings })).toEqual({
      command: "/opt/codex",
      args: [
        ...["--x", "sandbox", "-c", 'sandbox_mode="workspace-write"'],
        ...["-c", 'sandbox_workspace_write={"writable_roots"=["/w/a b"],"network_access"=false}', "--", ...INPUT.argv],
      ],
      cwd: "/w",
      env: { PATH: "/bin", CODEX_HOME: "/state/empty" },
    });
    expect(legacySandboxCommand({ ...rest, form: undefined, mode: "danger-full-access", settings: {} }).command).toBe(
      "/bin/sh",
    );
  });
});

const toEnd = async (what: Command) => {
  const done = await runQuick(what);
  return { ...done, stdout: done.stdout.toString("utf8") };
};

describe("the real sandbox", () => {
  const open = () => {
    const dir = mkdtempSync(join(realpathSync("/var/tmp"), "ask-codex sandbox-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
    const [cwd, codexHome, usersHome] = [join(dir, "a workspace"), join(dir, "empty"), join(dir, "users")];
    for (const path of [cwd, join(cwd, "src"), codexHome, usersHome]) mkdirSync(path);
    const input = (over: Partial<SandboxInput>): SandboxInput => ({
      codex: { command: codexBinary(), args: [] },
      profile: {
        filesystem: { ":root": "read", ":project_roots": { ".": "read", src: "write" } },
        network: { enabled: false },
      },
      profileName: "ask_codex",
      codexHome,
      cwd,
      env: { PATH: process.env.PATH, HOME: dir },
      argv: [],
      ...over,
    });
    const run = (script: string, over: Partial<SandboxInput> = {}) =>
      toEnd(sandboxCommand(input({ ...over, argv: ["/bin/sh", "-c", script] })));
    return { dir, cwd, codexHome, usersHome, input, run };
  };

  test("takes the profile as we write it", async () => {
    const { cwd, run } = open();
    const ended = await run("echo in > src/x; echo out > y; exit 7");
    expect(ended).toMatchObject({ exitCode: 7, stdout: "" });
    expect(ended.stderr).toMatch(/cannot create y: Read-only file system/);
    expect(readFileSync(join(cwd, "src", "x"), "utf8")).toBe("in\n");
    expect(existsSync(join(cwd, "y"))).toBe(false);
  });

  /** Why `codexHome` is ours: when one of these fails, Codex has changed, and the reason may be gone. */
  test.each(["user", "trusted project"])(
    "merges a profile of our name from the %s's configuration, unless its home is ours",
    async (who) => {
      const { dir, cwd, usersHome, run } = open();
      const wider = `[permissions.ask_codex.filesystem]\n${JSON.stringify(dir)}="write"\n`;
      if (who === "user") writeFileSync(join(usersHome, "config.toml"), wider);
      else {
        mkdirSync(join(cwd, ".codex"));
        writeFileSync(join(cwd, ".codex", "config.toml"), wider);
        writeFileSync(join(usersHome, "config.toml"), `[projects.${JSON.stringify(cwd)}]\ntrust_level="trusted"\n`);
      }
      expect(await run(`echo x > ${JSON.stringify(join(dir, "theirs"))}`, { codexHome: usersHome })).toMatchObject({
        exitCode: 0,
      });
      expect(existsSync(join(dir, "theirs"))).toBe(true);
      expect(await run(`echo x > ${JSON.stringify(join(dir, "ours"))}`)).toMatchObject({ exitCode: 2 });
      expect(existsSync(join(dir, "ours"))).toBe(false);
    },
  );

  test("can have its home where its commands may not read", async () => {
    const { codexHome, run } = open();
    const profile = { filesystem: { ":root": "read", ":project_roots": { ".": "read" }, [codexHome]: "deny" } };
    const ended = await run(`ls ${JSON.stringify(codexHome)} || echo closed`, { profile });
    expect(ended).toMatchObject({ exitCode: 0, stdout: "closed\n" });
  });

  test.each([
    ["read-only", {}, { inside: false, extra: false }],
    ["workspace-write", {}, { inside: true, extra: false }],
    ["workspace-write", { writable_roots: ["EXTRA"] }, { inside: true, extra: true }],
  ] as const)("without profiles, %s with %j", async (mode, settings, writes) => {
    const { dir, cwd, input } = open();
    const extra = join(dir, "extra");
    mkdirSync(extra);
    const {
      profile: _,
      profileName: __,
      ...rest
    } = input({
      argv: ["/bin/sh", "-c", `echo x > inside; echo x > ${JSON.stringify(join(extra, "x"))}; true`],
    });
    const filled = JSON.parse(JSON.stringify(settings).replace("EXTRA", extra));
    expect(await toEnd(legacySandboxCommand({ ...rest, form: undefined, mode, settings: filled }))).toMatchObject({
      exitCode: 0,
    });
    expect({ inside: existsSync(join(cwd, "inside")), extra: existsSync(join(extra, "x")) }).toEqual(writes);
  });
});
