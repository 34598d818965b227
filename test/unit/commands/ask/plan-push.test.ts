import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AskFlags } from "../../../../src/commands/ask/flags.ts";
import { planPush } from "../../../../src/commands/ask/plan-push.ts";
import { AskCodexError } from "../../../../src/core/errors.ts";
import { tempDir } from "../../sys/temp-dir.ts";

/** Where somebody stands who has a workspace, a state home and a program of their own. */
function world() {
  const dir = tempDir();
  const [cwd, workspace, home] = [join(dir, "here"), join(dir, "work"), join(dir, "state")];
  for (const path of [cwd, workspace, home, join(workspace, ".ask-codex"), join(workspace, "logs")]) mkdirSync(path);
  writeFileSync(join(cwd, "notify.sh"), "#!/bin/sh\n");
  chmodSync(join(cwd, "notify.sh"), 0o755);
  for (const name of ["plain.txt", "log.jsonl", "first"]) writeFileSync(join(cwd, name), "");
  linkSync(join(cwd, "first"), join(cwd, "second"));
  symlinkSync("log.jsonl", join(cwd, "link.jsonl"));
  const place = { cwd, workspace, home, env: { PATH: "/usr/bin:/bin", SECRET: "geheim", EMPTY: "" } };
  return { ...place, plan: (flags: Partial<AskFlags>) => planPush(flags, place) };
}

const URL = "https://example.org/hook";

describe("planPush", () => {
  it("is nothing where nobody is to be told", () => {
    expect(world().plan({})).toBeUndefined();
    expect(world().plan({ notify: false })).toBeUndefined();
  });

  it("takes a program as an absolute path, with its arguments as they are", () => {
    const { cwd, plan } = world();
    expect(plan({ "notify-cmd": "./notify.sh 'a b' c" })).toEqual({
      cmd: [join(cwd, "notify.sh"), "a b", "c"],
      cwd,
      insecure: false,
      desktop: false,
    });
    expect(plan({ "notify-cmd": "cat" })?.cmd?.[0]).toMatch(/^\/(?:usr\/)?bin\/cat$/);
  });

  it("gives a command to a shell only when told to", () => {
    expect(world().plan({ "notify-cmd": "cat | wc", "notify-shell": true })?.cmd).toEqual([
      "/bin/sh",
      "-c",
      "cat | wc",
    ]);
  });

  it("keeps an address, and of variables their names alone", () => {
    expect(world().plan({ "notify-url": URL, "notify-secret-env": "SECRET", notify: true })).toEqual({
      url: URL,
      secretEnv: "SECRET",
      insecure: false,
      desktop: true,
    });
  });

  it.each([
    ["new.jsonl", "here/new.jsonl"],
    ["log.jsonl", "here/log.jsonl"],
    ["link.jsonl", "here/log.jsonl"],
    ["../work/.ask-codex/events.jsonl", "work/.ask-codex/events.jsonl"],
  ])("takes the stream %s as a path without links", (named, path) => {
    const { cwd, plan } = world();
    expect(plan({ "event-stream": named })?.stream).toBe(join(dirname(cwd), path));
  });

  it.each<[Partial<AskFlags>, string]>([
    [{ "notify-cmd": "./none" }, "--notify-cmd can't be started: ./none: there is no such file"],
    [{ "notify-cmd": "no-such-program-of-ours x" }, "no-such-program-of-ours: no program with this name is on PATH"],
    [{ "notify-cmd": "./plain.txt" }, "./plain.txt: it may not be executed"],
    [{ "notify-cmd": "../here" }, "../here: it is a directory"],
    [{ "notify-cmd": "cat 'a" }, "a quote (') that is not closed"],
    [{ "notify-cmd": "cat | wc" }, "a sign of a shell's (|)"],
    [{ "notify-cmd": '""' }, "names no program"],
    [{ "notify-cmd": "cat sk-proj-abcdefghij0123456789ABCDEFGHIJ0123456789" }, "looks like a secret"],
    [{ "notify-shell": true }, "--notify-shell says something about --notify-cmd, which is not given"],
    [{ "notify-insecure": true, "notify-cmd": "cat" }, "--notify-insecure says something about --notify-url"],
    [{ "notify-secret-env": "SECRET" }, "--notify-secret-env says something about --notify-url"],
    [{ "notify-url": URL, "notify-secret-env": "NONE" }, "--notify-secret-env NONE: this variable is not set"],
    [{ "notify-url": URL, "notify-secret-env": "EMPTY" }, "--notify-secret-env EMPTY: this variable is not set"],
    [{ "notify-url": "http://example.org/" }, "plain http to another machine"],
    [{ "notify-url": "http://u:p@localhost/" }, "a user or a password in it"],
    [{ "notify-url": "mailto:me" }, "neither http nor https"],
    [{ "event-stream": "." }, "it is a directory"],
    [{ "event-stream": "../work/logs" }, "it is a directory"],
    [{ "event-stream": "/dev/null" }, "it is not a file"],
    [{ "event-stream": "none/events.jsonl" }, "it does not exist"],
    [{ "event-stream": "plain.txt/events.jsonl" }, "plain.txt is a file"],
    [{ "event-stream": "second" }, "it has another name too (a hard link)"],
    [{ "event-stream": "../state/events.jsonl" }, "it is among the records of ask-codex"],
    [{ "event-stream": "../work/events.jsonl" }, "it lies in the workspace"],
    [{ "event-stream": "../work/logs/events.jsonl" }, "it lies in the workspace"],
  ])("%o is bad input: %s", (flags, why) => {
    try {
      world().plan(flags);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof AskCodexError)) throw error;
      expect(error.message).toContain(why);
      expect([error.exitCode, error.hint === undefined]).toEqual([64, false]);
    }
  });
});
