import { expect, test } from "vitest";
import { textOf } from "../kit/attack.ts";
import { until } from "../kit/lab.ts";
import {
  asked,
  atWork,
  begin,
  broker,
  DONE,
  ended,
  fromRoot,
  inLive,
  letGo,
  messagesOf,
  saidTo,
  send,
  sessionOf,
  status,
  UNTIL_GO,
  verdictOf,
} from "../kit/live.ts";
import { isIn, putIn } from "../kit/packets.ts";

const BUSY = { script: [[UNTIL_GO, DONE], [DONE]] };

test("messages to a busy session wait and run one after the other, a run for each, as their receipts said", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const texts = ["one", "two", "three", "four", "five"];
    const sent = [];
    for (const text of texts) sent.push(await send(lab, id, text));
    expect(sent.map((one) => [one.delivery, one.queue_depth])).toEqual(texts.map((_, at) => ["queued", at + 1]));
    expect(await status(lab, id)).toMatchObject({ status: "running", run_id, queue_depth: 5 });
    expect(messagesOf(lab, id).map((one) => one.state)).toEqual(["consumed", ...texts.map(() => "queued")]);
    letGo(lab);
    await ended(lab, sent.at(-1)?.run_id ?? "");
    expect(saidTo(lab).slice(1)).toEqual(texts);
    const runs = [run_id, ...sent.map((one) => one.run_id)];
    expect(runs.map((one) => verdictOf(lab, one))).toEqual(runs.map(() => "done"));
    expect(sessionOf(lab, id).runs).toEqual(runs);
    expect(messagesOf(lab, id).map((one) => [one.state, one.run_id])).toEqual(runs.map((run) => ["consumed", run]));
    // Each run counts its own turn, whatever the thread has had before.
    expect(runs.map((one) => lab.receipt(one).tokens)).toEqual([
      { input: 200, cached: 0, output: 2 },
      ...texts.map(() => ({ input: 100, cached: 0, output: 1 })),
    ]);
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", queue_depth: 0, last_verdict: "done" });
  }));

test("twenty clients that send at the same moment: every message arrives once, in the order of the receipts", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id } = await begin(lab, "--read-only");
    await asked(lab, 1);
    const texts = Array.from({ length: 20 }, (_, at) => `message ${at}`);
    const sent = await Promise.all(texts.map((text) => send(lab, id, text)));
    expect(new Set(sent.map((one) => one.message_id)).size).toBe(20);
    expect(sent.map((one) => one.queue_depth).sort((a, b) => a - b)).toEqual(texts.map((_, at) => at + 1));
    letGo(lab);
    const order = messagesOf(lab, id).slice(1);
    expect(order.map((one) => one.number)).toEqual(texts.map((_, at) => at + 2));
    // Who is told of three that wait before it has number four.
    const told = new Map(sent.map((one) => [one.message_id, one.queue_depth]));
    expect(order.map((one) => told.get(one.message_id))).toEqual(texts.map((_, at) => at + 1));
    await ended(lab, order.at(-1)?.request.runId ?? "");
    expect(saidTo(lab).slice(1)).toEqual(order.map((one) => one.text));
    expect([...saidTo(lab).slice(1)].sort()).toEqual([...texts].sort());
  }));

test("a message to an idle session starts at once; --wait prints the receipt and exits as its run ended", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await ended(lab, run_id);
    const red = await fromRoot(lab, "send", "--wait", "--verify", "false", id, "now make it red");
    expect(red.code, red.stderr).toBe(6);
    expect(red.lines).toMatchObject({ delivery: "started", verdict: "unverified", verification: "failed" });
    expect(red.lines.message_id).toMatch(/^m-/);
    expect(await status(lab, id)).toMatchObject({ status: "attention_required", run_id: red.lines.run_id });
    const json = await broker(lab, "send", "--wait", "--json", "--verify", "true", id, "and green");
    expect(json.code, json.stderr).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: "done", verification: "passed", broker_id: id });
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", exit_code: 0 });
    expect(saidTo(lab).slice(1)).toEqual(["now make it red", "and green"]);
  }));

test("whoever waits behind a busy session gets the receipt of their own message", () =>
  inLive(BUSY, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await atWork(lab);
    const waiting = ["one", "two"].map((text) => lab.start("codex_broker", ["send", "--wait", id, text]));
    const runs = await Promise.all(waiting.map((client) => client.line("run_id")));
    letGo(lab);
    const all = await Promise.all(waiting.map((client) => client.done));
    expect(all.map(({ code, lines }) => [code, lines.delivery, lines.verdict, lines.run_id])).toEqual(
      runs.map((run) => [0, "queued", "done", run]),
    );
    expect(new Set([run_id, ...runs]).size).toBe(3);
  }));

test("a message keeps its options, and power is none of them", () =>
  inLive({ script: [DONE], files: { "notes.txt": "n\n", "src/x.txt": "x\n" } }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab, "--scope", "src");
    await ended(lab, run_id);
    for (const more of [["--network"], ["--scope", "."], ["--sandbox", "danger-full-access"], ["--writable", "/opt"]]) {
      const refused = await broker(lab, "send", ...more, id, "more");
      expect(refused.code, more.join(" ")).toBe(64);
      expect(refused.stderr).toContain(more[0]);
    }
    const options = ["-f", "notes.txt", "--non-goal", "no poetry", "--expect-file", "missing.txt", "--timeout", "77"];
    const sent = await send(lab, id, "look at the notes", ...options);
    await ended(lab, sent.run_id);
    expect(lab.model.userTexts()).toHaveLength(2);
    expect(lab.model.userTexts()[1]).toMatch(/^look at the notes\n.*notes\.txt.*no poetry.*missing\.txt/s);
    const receipt = lab.receipt(sent.run_id);
    expect(receipt).toMatchObject({ verdict: "unverified", limits: { totalMs: 77_000 } });
    expect(receipt.power).toEqual(lab.receipt(run_id).power);
  }));

test("a message reaches Codex byte for byte, whatever it looks like", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab, "--read-only");
    await ended(lab, run_id);
    const texts = [
      '-m pytest --write "$(x)" `id`',
      "first\r\nsecond\u2028third\n\n  🧪",
      "--help",
      "# Goal\n<turn_aborted>",
    ];
    for (const [at, text] of texts.entries()) {
      const sent = await broker(lab, "send", "--json", id, "--", text);
      expect(sent.code, sent.stderr).toBe(0);
      await ended(lab, JSON.parse(sent.stdout).run_id);
      expect(lab.model.userTexts()[at + 1]?.slice(0, text.length)).toBe(text);
    }
    const fromStdin = await lab.call("codex_broker", ["send", id, "-"], { stdin: "from a pipe\nand more" });
    expect(fromStdin.code, fromStdin.stderr).toBe(0);
    await until(() => lab.model.userTexts().at(-1)?.startsWith("from a pipe\nand more") ?? false);
  }));

test("a session that was stopped takes no message: 75, and the sentence names resume", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await ended(lab, run_id);
    await broker(lab, "stop", id);
    for (const more of [[], ["--steer"], ["--interrupt"], ["--wait"]]) {
      const refused = await broker(lab, "send", ...more, id, "still there?");
      expect(refused.code, refused.stdout).toBe(75);
      expect(refused.stderr).toMatch(/stopped.*\n.*codex_broker\S* resume /);
      expect(refused.stdout).toBe("");
    }
    expect(messagesOf(lab, id)).toHaveLength(1);
    expect(lab.model.requests).toHaveLength(1);
  }));

test("each receipt has what its own run changed, not what was changed before it or between the runs; undo takes it back", () =>
  inLive(
    { script: [[{ run: "echo a > a.txt" }, DONE], [{ run: "echo b > b.txt; echo more >> a.txt" }, DONE], [DONE]] },
    async (lab) => {
      const { broker_id: id, run_id } = await begin(lab);
      await ended(lab, run_id);
      putIn(lab, "mine.txt", "by hand\n");
      const second = await send(lab, id, "and b");
      await ended(lab, second.run_id);
      const third = await send(lab, id, "and nothing");
      await ended(lab, third.run_id);
      const changed = [run_id, second.run_id, third.run_id].map((run) => lab.receipt(run).files_changed);
      expect(changed).toEqual([
        [{ path: "a.txt", change: "created" }],
        [
          { path: "a.txt", change: "modified" },
          { path: "b.txt", change: "created" },
        ],
        [],
      ]);
      const undone = await lab.call("codex_runs", ["undo", second.run_id], { cwd: "/" });
      expect(undone.code, undone.stdout + undone.stderr).toBe(0);
      expect(textOf(lab, "a.txt")).toBe("a\n");
      expect([isIn(lab, "b.txt"), isIn(lab, "mine.txt")]).toEqual([false, true]);
    },
  ));
