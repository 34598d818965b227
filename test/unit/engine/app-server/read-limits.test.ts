import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readLimits } from "../../../../src/engine/app-server/read-limits.ts";
import { RUN_MARKER } from "../../../../src/sys/environment.ts";
import { findByEnvironment } from "../../../../src/sys/process-table.ts";
import { logIn, startUsageService, type UsageAnswer, usageWindow } from "../../../kit/chatgpt.ts";
import { codexBinary } from "../../../kit/lab.ts";
import { tempDir } from "../../sys/temp-dir.ts";

/** Asks the real Codex, whose login and service are this test's; nothing of it may be left. */
async function ask(answer: UsageAnswer | undefined, codex?: { command: string; args: readonly string[] }) {
  const dir = tempDir();
  mkdirSync(join(dir, "codex"));
  if (answer === undefined) writeFileSync(join(dir, "codex", "config.toml"), "[features]\nplugins = false\n");
  else {
    const service = await startUsageService(answer);
    onTestFinished(() => service.close());
    logIn(join(dir, "codex"), service.port);
  }
  const marker = `r-unit-${dir.slice(-6)}.quota`;
  const env = { PATH: process.env.PATH, HOME: dir, TMPDIR: dir, CODEX_HOME: join(dir, "codex") };
  const told = await readLimits({
    codex: codex ?? { command: codexBinary(), args: [] },
    cwd: dir,
    env,
    marker,
    // The machine may be busy; only where no answer comes is the test as long as this.
    answerMs: answer === "silence" || codex ? 1_500 : 20_000,
  });
  expect(findByEnvironment(RUN_MARKER, marker).filter(({ zombie }) => !zombie)).toEqual([]);
  return told;
}

const script = (text: string) => ({ command: process.execPath, args: ["-e", text] });

describe("the account of a ChatGPT login", () => {
  it("tells both windows", async () => {
    const primary = usageWindow(37, 3_600);
    const secondary = { ...usageWindow(91, 90_000), limit_window_seconds: 604_800 };
    expect(await ask({ primary, secondary })).toEqual({
      windows: {
        primary: { usedPercent: 37, resetsAt: primary.reset_at, windowMinutes: 300 },
        secondary: { usedPercent: 91, resetsAt: secondary.reset_at, windowMinutes: 10_080 },
      },
    });
  });

  it.each<[name: string, answer: UsageAnswer | undefined, told: object]>([
    ["that has no windows", { primary: null }, { windows: { primary: null, secondary: null } }],
    ["that answers in no JSON", "<html>", { why: "the service gave an answer that Codex can't read" }],
    ["that has a fault", 500, { why: expect.stringMatching(/^the account can't be asked: .*500/) }],
    ["that does not let it in", 401, { why: expect.stringMatching(/^the account can't be asked: .*401/) }],
    ["that says nothing", "silence", { why: "Codex did not answer within 1.5 s" }],
    ["that is none", undefined, { why: expect.stringContaining("authentication required") }],
  ])("%s", async (_, answer, told) => {
    expect(await ask(answer)).toEqual(told);
  });
});

describe("a Codex", () => {
  it.each<[name: string, text: string, why: RegExp]>([
    [
      "that says nothing and does not go",
      "setInterval(() => {}, 1000); process.on('SIGTERM', () => {})",
      /within 1\.5 s/,
    ],
    ["that speaks no JSON", "console.log('hello'); setTimeout(() => {}, 300)", /not answer in JSON/],
    ["that ends at once", "process.exit(3)", /can't be asked: the (peer closed the )?connection/],
    [
      "that answers in another form",
      "require('readline').createInterface({ input: process.stdin }).on('line', (line) => { const { id } = JSON.parse(line); if (id) console.log(JSON.stringify({ id, result: { other: 1 } })) })",
      /form that is not known/,
    ],
  ])("%s stops nobody", async (_, text, why) => {
    expect(await ask(undefined, script(text))).toEqual({ why: expect.stringMatching(why) });
  });

  it("that is not there stops nobody", async () => {
    expect(await ask(undefined, { command: "/nowhere/codex", args: [] })).toEqual({ why: expect.any(String) });
  });
});
