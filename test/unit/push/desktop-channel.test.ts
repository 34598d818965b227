import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { desktopChannel, showCommand, toNote } from "../../../src/push/desktop-channel.ts";
import { aboutRun, finishedEvent, type PushEvent, questionEvent } from "../../../src/push/push-event.ts";
import { AT, samplePacket, sampleReceipt, sampleRequest } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const ABOUT = aboutRun(sampleRequest({ packet: samplePacket({ goal: "fix <b> & \n'it'" }) }), null, new Date(AT));
const finished = (elapsed_ms: number) => finishedEvent(ABOUT, sampleReceipt({ elapsed_ms }));
const STARTED: PushEvent = { ...ABOUT, event: "started" };

describe("a desktop notification", () => {
  it("is for the end and the questions of a long run", () => {
    const { takes } = desktopChannel({ cwd: "/", env: {} });
    const asked = questionEvent(ABOUT, sampleReceipt({ elapsed_ms: 30_000 }));
    expect([STARTED, finished(29_999), finished(30_000), asked].map(takes)).toEqual([false, false, true, true]);
  });

  it("says in a line what became of what", () => {
    expect(toNote(finished(1))).toEqual({ title: "Codex: done", body: "fix <b> & 'it' (the turn completed)" });
    const asked = questionEvent(ABOUT, sampleReceipt({ question: { question: "Which\none?", options: [] } }));
    expect(toNote(asked)).toEqual({ title: "Codex: asks", body: "Which one?" });
  });

  it("is no failure of anybody's where there is no way to show it", async () => {
    const channel = desktopChannel({ cwd: "/", env: { PATH: tempDir() } }, "linux");
    await expect(channel.send(finished(60_000), new AbortController().signal)).rejects.toThrow(
      "there is no way to show it: notify-send: no program with this name is on PATH",
    );
  });

  it("is shown by the system's own program", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, "notify-send"), `#!/bin/sh\nprintf '%s\\n' "$@" > "${join(dir, "shown")}"\n`);
    chmodSync(join(dir, "notify-send"), 0o755);
    const channel = desktopChannel({ cwd: dir, env: { PATH: `${dir}:${process.env.PATH}` } }, "linux");
    await channel.send(finished(60_000), new AbortController().signal);
    expect(readFileSync(join(dir, "shown"), "utf8").split("\n").slice(1, 4)).toEqual([
      "--",
      "Codex: done",
      "fix &lt;b&gt; &amp; 'it' (the turn completed)",
    ]);
  });

  it.each(["darwin", "win32"] as const)("hands its texts to %s as data, never as part of a script", (platform) => {
    const note = { title: "T", body: '" & (do shell script "x") $(y)' };
    const { args, env } = showCommand(platform, note);
    const scripts = platform === "darwin" ? args.slice(0, -2) : args;
    expect(scripts.join(" ")).not.toContain("shell script");
    expect([...args, ...Object.values(env)]).toContain(note.body);
  });
});
