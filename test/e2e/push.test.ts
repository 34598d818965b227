import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inLab, type Lab, ROOT, until } from "../kit/lab.ts";
import { begin, broker, brokerOf, DONE, ended, inLive, kill, send, UNTIL_GO } from "../kit/live.ts";
import { expectSentence, makeScript, traces } from "../kit/refusal.ts";

const GOAL = "look around; the tests must pass";
const ASKED = { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } };

interface Event {
  event: string;
  run_id: string;
  [key: string]: unknown;
}

/** But for progress, of which there is some where the machine is slow. */
const eventsIn = (path: string): Event[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event !== "progress");
const namesOf = (events: readonly Event[]): string[] => events.map(({ event }) => event);

/** A notifier that keeps what it is given in the lab's `got`, and then does as it is told. */
const notifier = (lab: Lab, then = ""): string => `"${makeScript(lab, "notify", `cat >> "${lab.dir}/got"\n${then}`)}"`;
const gotOf = (lab: Lab): Event[] => eventsIn(join(lab.dir, "got"));

/** What the receipt says of those that failed, when the last is out or given up. */
async function told(lab: Lab, runId = "") {
  await until(() => lab.receipt(runId).notifications?.pending === false);
  return lab.receipt(runId).notifications?.failed.filter(({ event }) => event !== "progress");
}

/** A receiver of this machine that answers as it is told; null: never. Progress is not what it is about. */
async function receiver(...answers: (number | null)[]) {
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => {
      body += piece.toString("utf8");
    });
    request.on("end", () => {
      if (request.headers["x-ask-codex-event"] === "progress") return void response.writeHead(200).end();
      const status = answers[Math.min(got.push({ headers: request.headers, body }), answers.length) - 1];
      if (status !== null) response.writeHead(status ?? 500, { location: "/elsewhere" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { got, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook` };
}

test("a command and a stream hear of the start, the question and the end, once each and in order", () =>
  inLab({ script: [[{ run: "echo one" }, ASKED, DONE]] }, async (lab) => {
    const stream = join(lab.dir, "events.jsonl");
    const asked = await lab.ask("--notify-cmd", notifier(lab), "--event-stream", stream, GOAL);
    expect(asked.code, asked.stderr).toBe(4);
    const runId = asked.lines.run_id ?? "";
    await until(() => existsSync(stream) && eventsIn(stream).length === 2);
    expect(eventsIn(stream)[1]).toMatchObject({
      event: "question",
      question: "Which database?",
      options: ["postgres", "sqlite"],
      answer: `ask_codex --session ${runId} "…"`,
    });
    const answered = await lab.ask("--session", runId, "sqlite");
    expect(answered.code, answered.stderr).toBe(0);
    expect(await told(lab, runId)).toEqual([]);
    expect(gotOf(lab)).toEqual(eventsIn(stream));
    expect(namesOf(gotOf(lab))).toEqual(["started", "question", "finished"]);
    const receipt = lab.receipt(runId);
    expect(gotOf(lab)[0]).toMatchObject({ version: 1, run_id: runId, session_id: receipt.session_id, goal: GOAL });
    expect(gotOf(lab)[2]).toMatchObject({
      verdict: "done",
      exit_code: 0,
      record: receipt.record,
      output_path: receipt.output_path,
      tokens: receipt.tokens,
      elapsed_ms: receipt.elapsed_ms,
      answer: receipt.answer,
    });
  }));

test("a receiver that fails first is told again, signed; one that redirects is not followed, and the verdict stands", () =>
  inLab({}, async (lab) => {
    const { got, url } = await receiver(500, 200);
    const signed = await lab.call("ask_codex", ["--notify-url", url, "--notify-secret-env", "HOOK_SECRET", GOAL], {
      env: { HOOK_SECRET: "geheim" },
    });
    expect(signed.code, signed.stderr).toBe(0);
    expect(await told(lab, signed.lines.run_id)).toEqual([]);
    expect(namesOf(got.map(({ body }) => JSON.parse(body)))).toEqual(["started", "started", "finished"]);
    for (const { headers, body } of got)
      expect(headers["x-ask-codex-signature"]).toBe(
        `sha256=${createHmac("sha256", "geheim").update(body).digest("hex")}`,
      );

    const redirecting = await receiver(302);
    const redirected = await lab.ask("--notify-url", redirecting.url, GOAL);
    expect(redirected.code, redirected.stderr).toBe(0);
    const reason = "it answered 302: a redirect is not followed";
    expect(await told(lab, redirected.lines.run_id)).toEqual(
      ["started", "finished"].map((event) => ({ channel: "url", event, reason })),
    );
    expect(redirecting.got).toHaveLength(2);
  }));

test("who never answers, hangs, floods, forks and reads nothing changes no verdict, holds nobody up and is gone after it", () =>
  inLab({ script: [[DONE], [{ say: "Went on.\n\nStatus: done" }]] }, async (lab) => {
    const { url } = await receiver(null);
    const bad = makeScript(
      lab,
      "bad",
      `trap '' TERM HUP INT\n(sleep 600) &\nsleep 600 >&2 &\nhead -c 9000000 /dev/zero\nsleep 600`,
    );
    const called = await lab.ask("--notify-cmd", `"${bad}"`, "--notify-url", url, GOAL);
    expect(called.code, called.stderr).toBe(0);
    const runId = called.lines.run_id ?? "";
    const first = lab.receipt(runId);
    expect(first).toMatchObject({ verdict: "done", notifications: { sent: 0, pending: true } });
    // The session goes on while its notifiers still hang.
    const next = await lab.ask("--session", runId, "go on; the tests must pass");
    expect(next.code, next.stdout + next.stderr).toBe(0);
    expect(next.stdout).toContain("Went on.");
    expect((await told(lab, runId))?.map(({ channel, event }) => `${channel} ${event}`)).toEqual([
      "command started",
      "command finished",
      "url started",
      "url finished",
    ]);
    // Nothing else of the receipt is another than what the caller was told.
    expect({ ...lab.receipt(runId), notifications: null }).toEqual({ ...first, notifications: null });
    expect(await lab.left()).toEqual([]);
  }));

test("two runs at once write whole lines into one stream", () =>
  inLab({ script: [{ run: "sleep 0.2" }, DONE] }, async (lab) => {
    const stream = join(lab.dir, "events.jsonl");
    const goals = ["one", "two"].map((name) => `${name}: ${GOAL}`);
    const called = await Promise.all(goals.map((goal) => lab.ask("--read-only", "--event-stream", stream, goal)));
    for (const { code, stderr, lines } of called) {
      expect(code, stderr).toBe(0);
      await told(lab, lines.run_id);
    }
    for (const { lines } of called)
      expect(namesOf(eventsIn(stream).filter(({ run_id }) => run_id === lines.run_id))).toEqual([
        "started",
        "finished",
      ]);
    expect(eventsIn(stream)).toHaveLength(4);
  }));

test("a session's next message does not wait for who is told of the one before", () =>
  inLive({ script: [[DONE], [DONE]] }, async (lab) => {
    // Told of the first end, it waits until the second run has begun.
    const waits = `tail -n 1 "${lab.dir}/got" | grep -q finished || exit 0\nwhile [ ! -e "${lab.dir}/second.jsonl" ]; do sleep 0.05; done`;
    const { broker_id, run_id } = await begin(lab, "--notify-cmd", notifier(lab, waits));
    const sent = await send(lab, broker_id, "go on", "--event-stream", join(lab.dir, "second.jsonl"));
    await ended(lab, sent.run_id);
    expect(await told(lab, run_id)).toEqual([]);
    expect(await told(lab, sent.run_id)).toEqual([]);
    expect(namesOf(eventsIn(join(lab.dir, "second.jsonl")))).toEqual(["started", "finished"]);
    await broker(lab, "stop", broker_id);
  }));

test("a broker that is killed leaves no notifier behind", () =>
  inLive({ script: [[{ hang: true }]] }, async (lab) => {
    const hangs = notifier(lab, "trap '' TERM HUP INT\n(sleep 600) &\ntouch hangs\nsleep 600");
    const { broker_id } = await begin(lab, "--notify-cmd", hangs);
    await until(() => existsSync(join(lab.workspace, "hangs")));
    await kill(brokerOf(lab, broker_id).owner?.pid);
    await until(() => lab.processes().every(({ name }) => name !== "sleep" && name !== "notify"));
    await broker(lab, "stop", broker_id);
  }));

test("a run that never began is told of, too", () =>
  inLab({ script: [[UNTIL_GO, DONE]] }, async (lab) => {
    const start = (...options: string[]) =>
      lab.ask("--background", "--read-only", "--max-parallel", "1", ...options, GOAL);
    const first = await start();
    expect(first.code, first.stderr).toBe(0);
    const second = await start("--notify-cmd", notifier(lab));
    expect(second.code, second.stderr).toBe(0);
    const runId = second.lines.run_id ?? "";
    await lab.call("codex_runs", ["cancel", runId]);
    expect(await told(lab, runId)).toEqual([]);
    expect(gotOf(lab)).toMatchObject([{ event: "finished", run_id: runId, verdict: "cancelled", session_id: null }]);
    await lab.call("codex_runs", ["cancel", first.lines.run_id ?? ""]);
  }));

test("a notifier may start the next run, and does not take it along", () =>
  inLab({ script: [[DONE], [DONE]] }, async (lab) => {
    const chain = `tail -n 1 "${lab.dir}/got" | grep -q finished || exit 0
exec "${process.execPath}" "${join(ROOT, "scripts", "ask_codex.mjs")}" --background "${GOAL}" > "${lab.dir}/next"`;
    const called = await lab.ask("--notify-cmd", notifier(lab, chain), GOAL);
    expect(called.code, called.stderr).toBe(0);
    expect(await told(lab, called.lines.run_id)).toEqual([]);
    const next = /^run_id=(.*)$/m.exec(readFileSync(join(lab.dir, "next"), "utf8"))?.[1] ?? "";
    const waited = await lab.call("codex_runs", ["wait", next]);
    expect(waited.lines, waited.stderr).toMatchObject({ run_id: next, verdict: "done" });
  }));

test.each<[string[], RegExp]>([
  [["--notify-cmd", "./no-such-program"], /--notify-cmd can't be started: \.\/no-such-program: there is no such file/],
  [["--notify-url", "http://example.org/"], /--notify-url is plain http to another machine/],
  [["--event-stream", "."], /--event-stream \. can't be written: it is a directory/],
])("%s is one sentence, and nothing is written", (options, says) =>
  inLab({}, async (lab) => {
    const before = traces(lab);
    expectSentence(await lab.ask(...options, GOAL), { code: 64, says });
    expect(traces(lab)).toEqual(before);
  }),
);
