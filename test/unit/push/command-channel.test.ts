import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandChannel } from "../../../src/push/command-channel.ts";
import { aboutRun, type PushEvent } from "../../../src/push/push-event.ts";
import { AT, sampleRequest } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const EVENT: PushEvent = { ...aboutRun(sampleRequest(), null, new Date(AT)), event: "started" };

function script() {
  const cwd = tempDir();
  const path = join(cwd, "notify.sh");
  writeFileSync(path, `#!/bin/sh\ncat >> got; echo "$@" >> args; env > env\n`);
  chmodSync(path, 0o755);
  const read = (name: string) => readFileSync(join(cwd, name), "utf8");
  const open = (...cmd: string[]) => {
    const channel = commandChannel(cmd, { cwd, env: { PATH: process.env.PATH, ONLY: "this" } });
    return () => channel.send(EVENT, new AbortController().signal);
  };
  return { cwd, path, read, open };
}

describe("a notify command", () => {
  it("gets the event as one line on stdin, its arguments as they are, and the caller's environment", async () => {
    const { path, read, open } = script();
    await open(path, "a b", "$HOME", ";")();
    expect(JSON.parse(read("got"))).toEqual(EVENT);
    expect(read("got").endsWith("\n")).toBe(true);
    expect(read("args")).toBe("a b $HOME ;\n");
    expect(read("env")).toMatch(/^ONLY=this$/m);
  });

  it.each([
    ["itself", (path: string) => [path]],
    ["by an interpreter", () => ["/bin/sh", "notify.sh"]],
    ["by an interpreter with an option", (path: string) => ["/bin/sh", "-u", path]],
  ])("is not started any more when it was changed, called %s", async (_, cmd) => {
    const { cwd, path, read, open } = script();
    const send = open(...cmd(path));
    await send();
    await send();
    appendFileSync(path, "touch stolen\n");
    await expect(send()).rejects.toThrow(`${path} was changed since the run began, so it was not started`);
    expect(existsSync(join(cwd, "stolen"))).toBe(false);
    expect(read("got").trimEnd().split("\n")).toHaveLength(2);
  });

  it("may write to a file that it names", async () => {
    const { read, open } = script();
    const send = open("/usr/bin/tee", "-a", "log");
    await send();
    await send();
    expect(read("log").trimEnd().split("\n")).toHaveLength(2);
  });

  it("says that it is gone", async () => {
    const { cwd, open } = script();
    await expect(open(join(cwd, "none"))()).rejects.toThrow("it ended with exit code 127");
  });
});
