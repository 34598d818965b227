import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isBrokerId, isRunId, isThreadId } from "../../src/core/ids.ts";
import { inLab, until } from "../kit/lab.ts";
import {
  asked,
  begin,
  broker,
  brokerOf,
  DONE,
  ended,
  fromRoot,
  inLive,
  letCodexStart,
  letGo,
  messagesOf,
  type Seen,
  slowCodex,
  status,
  UNTIL_GO,
} from "../kit/live.ts";
import { putIn } from "../kit/packets.ts";
import { expectSentence } from "../kit/refusal.ts";

const HANGS = { script: [{ hang: true as const }] };

/** What somebody else than the user could read or enter. */
const openToOthers = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => {
    const seen = lstatSync(join(dir, name), { throwIfNoEntry: false });
    return seen !== undefined && !seen.isSymbolicLink() && (seen.mode & 0o077) !== 0 && !seen.isSocket();
  });

test("start prints the ids and returns while the model has not said a word; each of them names the session from anywhere", () =>
  inLive(HANGS, async (lab) => {
    const called = await broker(lab, "start", "--name", "the first", "look around; the tests must pass");
    expect(called.code, called.stderr).toBe(0);
    const { broker_id = "", run_id = "", next = "" } = called.lines;
    expect(called.stdout).toMatch(/^([a-z_]+=[^\n]+\n)+$/);
    expect([isBrokerId(broker_id), isRunId(run_id)]).toEqual([true, true]);
    expect(called.lines.status).toMatch(/^(queued|running)$/);
    expect(next).toContain(broker_id);
    await asked(lab, 1);
    expect(lab.model.userTexts()[0]).toContain("look around; the tests must pass");
    // On a machine that is busy Codex may take longer than `start` waits.
    const session_id = (await status(lab, broker_id)).session_id ?? "";
    expect([session_id, undefined]).toContain(called.lines.session_id);
    expect(isThreadId(session_id)).toBe(true);
    const ids = [broker_id, session_id, run_id, "the first", broker_id.slice(0, -1), session_id.slice(0, 13), "the f"];
    const seen = await Promise.all(ids.map((id) => status(lab, id)));
    for (const one of seen)
      expect(one).toMatchObject({ broker_id, session_id, run_id, name: "the first", status: "running" });
    expect(openToOthers(lab.home)).toEqual([]);
    const stopped = await fromRoot(lab, "stop", "the first");
    expect(stopped.lines, stopped.stderr).toMatchObject({ broker_id, status: "stopped" });
  }));

test("start does not wait for a Codex that is slow to come up; the session id is there as soon as it is known", () =>
  inLive({}, async (lab) => {
    const args = ["start", "--json", "look around; the tests must pass"];
    const called = await lab.call("codex_broker", args, { env: slowCodex(lab) });
    expect(called.code, called.stderr).toBe(0);
    const started = JSON.parse(called.stdout);
    expect(started).toMatchObject({ session_id: null, status: "queued", started: true });
    expect(await status(lab, started.run_id)).toMatchObject({ status: "queued", session_id: null });
    letCodexStart(lab);
    await ended(lab, started.run_id);
    const seen = await status(lab, started.broker_id);
    expect(seen).toMatchObject({ status: "waiting_input", run_id: started.run_id, last_verdict: "done" });
    expect(isThreadId(seen.session_id ?? "")).toBe(true);
    expect((await status(lab, seen.session_id ?? "")).broker_id).toBe(started.broker_id);
  }));

test("a packet and options are ask_codex's: the prompt, the kernel and the checks have them", () =>
  inLive(
    {
      files: { "src/x.txt": "x\n", "top.txt": "t\n" },
      script: [{ run: "echo y > src/x.txt; echo y > top.txt" }, DONE],
    },
    async (lab) => {
      const packet = putIn({ ...lab, workspace: lab.dir }, "task.md", "---\nscope: [src]\n---\nTurn x into y.\n");
      const options = [
        "--packet",
        packet,
        "-w",
        lab.workspace,
        "--non-goal",
        "no z",
        "--verify",
        "grep -q y src/x.txt",
      ];
      const called = await fromRoot(lab, "start", "--json", ...options);
      expect(called.code, called.stderr).toBe(0);
      const { broker_id, run_id } = JSON.parse(called.stdout);
      await ended(lab, run_id);
      expect(lab.model.userTexts()[0]).toMatch(/Turn x into y\..*no z/s);
      const { verdict, power, verification, files_changed } = lab.receipt(run_id);
      expect({ verdict, verification, files: files_changed?.map(({ path }) => path) }).toEqual({
        verdict: "done",
        verification: "passed",
        files: ["src/x.txt"],
      });
      expect(power).toMatchObject({ write: "scope", scope: ["src"] });
      expect(JSON.stringify(lab.model.requests.at(-1)?.body.input)).toContain("top.txt: Read-only file system");
      expect(await status(lab, broker_id)).toMatchObject({ workspace: lab.workspace, exit_code: 0 });
    },
  ));

test("--dry-run shows the prompt and the power, and starts and writes nothing", () =>
  inLab({}, async (lab) => {
    const called = await broker(lab, "start", "--dry-run", "--read-only", "look around; the tests must pass");
    expect(called.code, called.stderr).toBe(0);
    expect(called.stdout).toContain("look around; the tests must pass");
    expect(existsSync(lab.home)).toBe(false);
    expect([lab.model.requests, lab.processes()]).toEqual([[], []]);
  }));

test("a key starts one session, however often and however many at once", () =>
  inLive(HANGS, async (lab) => {
    const both = await Promise.all([begin(lab, "--key", "unit 3 ü"), begin(lab, "--key", "unit 3 ü")]);
    const [{ broker_id, run_id }] = both;
    expect(both.map((one) => [one.broker_id, one.run_id])).toEqual([
      [broker_id, run_id],
      [broker_id, run_id],
    ]);
    expect(both.map((one) => one.started).sort()).toEqual([false, true]);
    await asked(lab, 1);
    const again = await broker(lab, "start", "--key", "unit 3 ü", "something else; the tests must pass");
    expect(again.lines, again.stderr).toMatchObject({ broker_id, run_id, started: "false" });
    await fromRoot(lab, "stop", broker_id);
    expect(await begin(lab, "--key", "unit 3 ü")).toMatchObject({ broker_id, started: false, status: "stopped" });
    expect(lab.model.requests).toHaveLength(1);
    expect(messagesOf(lab, broker_id)).toHaveLength(1);
    expect(brokerOf(lab, broker_id).key).toBe("unit 3 ü");
  }));

test("four sessions at once in one workspace: each has its own thread, and each is found by its name", () =>
  inLive({ script: [[UNTIL_GO, DONE]] }, async (lab) => {
    const started = await Promise.all(
      Array.from({ length: 4 }, (_, at) => begin(lab, "--read-only", "--name", `session ${at}`)),
    );
    expect(new Set(started.map((one) => one.broker_id)).size).toBe(4);
    const seen = await Promise.all(started.map((_, at) => status(lab, `session ${at}`)));
    expect(seen.map((one: Seen) => one.broker_id)).toEqual(started.map((one) => one.broker_id));
    letGo(lab);
    await Promise.all(started.map((one) => ended(lab, one.run_id)));
    const threads = started.map((one) => lab.receipt(one.run_id).session_id);
    expect(new Set(threads).size).toBe(4);
    await until(() => lab.model.requests.length === 8);
  }));

const BAD: [args: string[], says: RegExp][] = [
  [["start"], /there is no goal/],
  [["start", "--no-such-option", "x"], /no-such-option/],
  [["start", "--idle-exit", "soon", "x"], /idle-exit/],
  [["start", "--packet", "/no/such/packet.md"], /packet\.md/],
  [["start", "one goal", "another goal"], /goal/],
  [["begin", "x"], /no verb begin/],
  [["send"], /send takes/],
  [["status", "one", "two"], /status takes/],
  [["status", "b-20260101-000000-abcd", "--steer"], /--steer/],
];

test("bad input is one sentence and exit 64; nothing is started or written", () =>
  inLab({}, async (lab) => {
    for (const [args, says] of BAD) expectSentence(await broker(lab, ...args), { code: 64, says });
    expect(existsSync(lab.home)).toBe(false);
    expect(readdirSync(join(lab.dir, "home"))).toEqual([]);
    expect(lab.processes()).toEqual([]);
  }));
