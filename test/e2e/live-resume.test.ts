import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { textOf, toolOutputs } from "../kit/attack.ts";
import { until } from "../kit/lab.ts";
import {
  atWork,
  begin,
  broker,
  brokerOf,
  DONE,
  ended,
  fromRoot,
  inLive,
  kill,
  letGo,
  messagesOf,
  saidTo,
  send,
  sessionOf,
  status,
  UNTIL_GO,
} from "../kit/live.ts";
import { expectSentence } from "../kit/refusal.ts";

const WRITES = "echo new > src/x.txt; echo new > top.txt; cat .env; : > /dev/tcp/127.0.0.1/9";

test.each([
  { session: "a read-only session", power: ["--read-only"], ends: ["crash"], wrote: [false, false] },
  { session: "a session with a scope", power: ["--scope", "src"], ends: ["crash", "stop"], wrote: [true, false] },
])("$session has the same power after its end, whatever the configuration says by then", ({ power, ends, wrote }) =>
  inLive(
    {
      files: { "src/x.txt": "old\n", "top.txt": "old\n", ".env": "KEY=sk-secret\n" },
      script: [[DONE], [{ run: WRITES }, DONE], [{ run: WRITES }, DONE]],
    },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab, ...power);
      await ended(lab, run_id);
      const config = join(lab.codexHome, "config.toml");
      writeFileSync(config, `sandbox_mode = "danger-full-access"\n${readFileSync(config, "utf8")}`);
      for (const end of ends) {
        if (end === "crash") await kill(brokerOf(lab, id).owner?.pid);
        else await broker(lab, "stop", id);
        const resumed = await fromRoot(lab, "resume", id, "now write");
        expect(resumed.code, resumed.stderr).toBe(0);
        const done = await broker(lab, "wait", id);
        expect(done.lines, done.stdout).toMatchObject({ verdict: "done", policy: "ok" });
        expect(["src/x.txt", "top.txt"].map((name) => textOf(lab, name) === "new\n")).toEqual(wrote);
        expect(toolOutputs(lab)).toContain("top.txt: Read-only file system");
        expect(toolOutputs(lab)).toMatch(/\.env: Permission denied/);
        expect(toolOutputs(lab)).toMatch(/\/dev\/tcp.*(not permitted|unreachable|refused)/i);
        expect(lab.receipt(done.lines.run_id ?? "").power).toEqual(lab.receipt(run_id).power);
      }
      expect(saidTo(lab).slice(1)).toEqual(ends.map(() => "now write"));
      expect(sessionOf(lab, id).runs).toHaveLength(ends.length + 1);
    },
  ),
);

test("what a resumed session was started with stays: name, model, environment, idle time", () =>
  inLive({ script: [[DONE], [{ run: "echo it is $MY_SETTING" }, DONE]] }, async (lab) => {
    const options = ["--name", "mine", "--model", "gpt-5.5-mini", "--env", "MY_SETTING", "--idle-exit", "7"];
    const args = ["start", "--json", ...options, "begin; the tests must pass"];
    const started = await lab.call("codex_broker", args, { env: { MY_SETTING: "blue" } });
    const { broker_id: id, run_id } = JSON.parse(started.stdout);
    await ended(lab, run_id);
    await broker(lab, "stop", "mine");
    const resumed = await lab.call("codex_broker", ["resume", "mine", "go on"], { env: { MY_SETTING: "blue" } });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.lines).toMatchObject({ broker_id: id, interrupted: "none" });
    expect((await broker(lab, "wait", "mine")).lines.verdict).toBe("done");
    expect(brokerOf(lab, id)).toMatchObject({ name: "mine", idle_exit_ms: 420_000, env: ["MY_SETTING"] });
    expect(lab.model.requests.at(-1)?.body.model).toBe("gpt-5.5-mini");
    expect(toolOutputs(lab)).toContain("it is blue");
  }));

test("one holds a session: resume and start --session of a live one are refused, and say who holds it", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const { session_id } = sessionOf(lab, id);
    const pid = brokerOf(lab, id).owner?.pid;
    const refused: [args: string[], says: RegExp][] = [
      [["resume", id], new RegExp(`held by the broker process ${pid} since 2`)],
      [["resume", session_id ?? "", "a message"], new RegExp(`held by the broker process ${pid} since 2`)],
      [["start", "--session", run_id, "me too; the tests must pass"], /busy|held/],
    ];
    for (const [args, says] of refused) expectSentence(await broker(lab, ...args), { code: 75, says });
    letGo(lab);
    await ended(lab, run_id);
    expect(messagesOf(lab, id)).toHaveLength(1);
    expect(saidTo(lab)).toHaveLength(1);
  }));

test("of five that resume a lost session at once one gets it, and no message is doubled", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const queued = await send(lab, id, "it waits");
    await kill(brokerOf(lab, id).owner?.pid);
    const all = await Promise.all(Array.from({ length: 5 }, (_, at) => broker(lab, "resume", id, `from ${at}`)));
    expect(all.map((one) => one.code).sort(), all.map((one) => one.stderr).join("")).toEqual([0, 75, 75, 75, 75]);
    const winner = all.findIndex((one) => one.code === 0);
    for (const loser of all.filter((one) => one.code === 75)) expect(loser.stderr).toMatch(/held by/);
    await until(() => saidTo(lab).length === 3);
    await broker(lab, "wait", id);
    expect(saidTo(lab).slice(1)).toEqual(["it waits", `from ${winner}`]);
    expect(sessionOf(lab, id).runs.slice(0, 2)).toEqual([run_id, queued.run_id]);
  }));

test("a session of ask_codex becomes a live one by start --session; a session that was never begun can't", () =>
  inLive({ script: [[DONE]] }, async (lab) => {
    const first = await lab.ask("--read-only", "look around; the tests must pass");
    const args = ["start", "--json", "--session", first.lines.run_id ?? "", "--name", "continued", "and now this"];
    const called = await broker(lab, ...args);
    expect(called.code, called.stderr).toBe(0);
    const started = JSON.parse(called.stdout);
    await ended(lab, started.run_id);
    expect(lab.receipt(started.run_id)).toMatchObject({ verdict: "done", power: { write: "none" } });
    expect(await status(lab, "continued")).toMatchObject({ session_id: first.lines.session_id });
    expect(saidTo(lab)[1]).toBe("and now this");
    const records = existsSync(lab.home);
    const unknown = await broker(lab, "start", "--session", "01a1fcf9-185e-7ed3-be42-f6fb9e5143d4", "hello");
    expect([records, unknown.code]).toEqual([true, 64]);
  }));
