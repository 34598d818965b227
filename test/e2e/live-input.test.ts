import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Lab, until } from "../kit/lab.ts";
import {
  atWork,
  begin,
  broker,
  brokerOf,
  brokerPath,
  DONE,
  ended,
  folderOf,
  fromRoot,
  inLive,
  kill,
  letGo,
  messagesOf,
  rewriteBroker,
  saidTo,
  send,
  status,
  UNTIL_GO,
} from "../kit/live.ts";
import { expectJsonError, expectSentence } from "../kit/refusal.ts";

test("a prefix that names several sessions is refused with the candidates, five at the most; one of another workspace works", () =>
  inLive({ script: [{ hang: true }] }, async (lab) => {
    const names = ["unit-a", "unit-b", "unit-c", "unit-d", "unit-e", "unit-f"];
    const all = await Promise.all(names.map((name) => begin(lab, "--read-only", "--name", name)));
    for (const word of ["unit-", "b-2", ""]) {
      const called = await fromRoot(lab, "status", word);
      expectSentence(called, { code: 64, says: word ? new RegExp(`${word}`) : /id/ });
      const named = names.filter((name) => called.stderr.includes(name));
      const listed = all.filter((one) => called.stderr.includes(one.broker_id));
      if (word) expect(Math.max(named.length, listed.length)).toBe(5);
    }
    expectJsonError(await broker(lab, "stop", "unit-", "--json"), { code: 64, says: /unit-/ });
    expectSentence(await broker(lab, "send", "../../etc", "x"), { code: 64, says: /\.\.\/\.\.\/etc/ });
    expect((await status(lab, "unit-c")).broker_id).toBe(all[2]?.broker_id);
    await Promise.all(all.map((one) => fromRoot(lab, "stop", one.broker_id)));
  }));

/** What a session's record looks like when something else than we wrote it. */
const VERBS = ["status", "send", "stop", "resume", "wait", "summary", "logs"];
const DAMAGED: [name: string, damage: (lab: Lab, id: string) => void, says: RegExp, verbs: string[]][] = [
  [
    "of a newer version",
    (lab, id) => rewriteBroker(lab, id, (record) => ({ ...record, version: 2, more: "of it" })),
    /newer.*version 2|version 2.*newer/,
    VERBS,
  ],
  [
    "cut in the middle",
    (lab, id) => writeFileSync(brokerPath(lab, id), readFileSync(brokerPath(lab, id), "utf8").slice(0, 99)),
    /1\.json/,
    ["status", "stop", "resume"],
  ],
  ["empty", (lab, id) => writeFileSync(brokerPath(lab, id), ""), /1\.json/, ["status", "resume"]],
];

test("a record that can't be read is named in a sentence and left alone, and the sessions beside it are seen", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const sound = await begin(lab, "--name", "sound");
    await ended(lab, sound.run_id);
    for (const [name, damage, says, verbs] of DAMAGED) {
      const { broker_id: id, run_id } = await begin(lab, "--name", `damaged ${name}`);
      await ended(lab, run_id);
      await broker(lab, "stop", id);
      damage(lab, id);
      const path = brokerPath(lab, id);
      const bytes = readFileSync(path);
      for (const verb of verbs) {
        const called = await fromRoot(lab, verb, id, ...(verb === "send" ? ["a message"] : []));
        expect(called.code, `${name}: ${verb}`).not.toBe(0);
        expect(called.stderr, `${name}: ${verb}`).toMatch(says);
        expect(called.stderr).not.toMatch(/\n {4}at |itself failed/);
      }
      expect(readFileSync(path).equals(bytes)).toBe(true);
      const listed = await broker(lab, "list");
      expect([listed.code, listed.stdout.includes(sound.broker_id)], listed.stderr).toEqual([0, true]);
    }
    expect(await status(lab, "sound")).toMatchObject({ status: "waiting_input" });
    expect((await send(lab, "sound", "go on")).delivery).toBe("started");
  }));

test("a message that can't be read does not stop the others, and is left alone", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id } = await begin(lab);
    await atWork(lab);
    for (const text of ["one", "two"]) await send(lab, id, text);
    const path = join(folderOf(lab, id), "queue", "2.json");
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 50));
    const bytes = readFileSync(path);
    letGo(lab);
    await until(() => saidTo(lab).includes("two"));
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect((await fromRoot(lab, "wait", id)).lines.verdict).toBe("done");
    await fromRoot(lab, "stop", id);
  }));

test("a state home of two hundred characters, and one with a wildcard in its name", () =>
  inLive({ script: [DONE] }, async (lab) => {
    for (const name of ["x".repeat(200), "what [is] this*"]) {
      const env = { ASK_CODEX_HOME: join(lab.dir, name) };
      const call = (...args: string[]) => lab.call("codex_broker", args, { env });
      const { lines } = await call("start", "--read-only", "begin; the tests must pass");
      expect((await call("wait", lines.broker_id ?? "")).lines.verdict).toBe("done");
      const sent = await call("send", "--wait", lines.broker_id ?? "", "go on");
      expect([sent.code, sent.lines.verdict], sent.stderr).toEqual([0, "done"]);
      const stopped = await call("stop", lines.broker_id ?? "");
      expect([stopped.lines.status, existsSync(lab.home)]).toEqual(["stopped", false]);
    }
  }));

test("a clock that was put back: what is dated in the future works on", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab, "--idle-exit", "1");
    await atWork(lab);
    const later = new Date(Date.now() + 86_400_000).toISOString();
    const files = ["status.json", "request.json"].map((name) => join(lab.recordDir(run_id), name));
    for (const path of [join(folderOf(lab, id), "queue", "1.run.json"), ...files])
      writeFileSync(path, readFileSync(path, "utf8").replaceAll(/"2\d{3}-[^"]*Z"/g, JSON.stringify(later)));
    rewriteBroker(lab, id, (record) => ({ ...record, created_at: later }));
    const seen = await fromRoot(lab, "status", id, "--json");
    expect(JSON.parse(seen.stdout)).toMatchObject({ status: "running", run_id });
    expect(seen.stdout).not.toMatch(/":-\d/);
    expect((await fromRoot(lab, "status", id)).stdout).not.toMatch(/[=: ]-\d/);
    const next = await send(lab, id, "go on");
    letGo(lab);
    await ended(lab, next.run_id);
    expect(
      messagesOf(lab, id)
        .map((one) => one.text)
        .at(-1),
    ).toBe("go on");
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", last_verdict: "done" });
    expect((await broker(lab, "summary", id)).code).toBe(0);
    await kill(brokerOf(lab, id).owner?.pid);
    expect((await status(lab, id)).status).toBe("lost");
    expect((await broker(lab, "resume", id)).code).toBe(0);
  }));

test("a socket that nobody listens on any more is no session, and is no hindrance to the next broker", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await ended(lab, run_id);
    const { owner, socket } = brokerOf(lab, id);
    await kill(owner?.pid);
    expect(existsSync(socket)).toBe(true);
    const refused = await broker(lab, "send", id, "still there?");
    expect([refused.code, refused.stdout]).toEqual([75, ""]);
    expect(refused.stderr).toMatch(/lost.*\n.*resume/);
    expect((await broker(lab, "resume", id, "go on")).code).toBe(0);
    expect((await broker(lab, "wait", id)).lines.verdict).toBe("done");
  }));

/** Says something to a socket, and waits until the other side has cut the line or has said what was expected. */
const say = (path: string, parts: (string | Buffer)[], expected?: string): Promise<string> =>
  new Promise((resolve) => {
    let heard = "";
    const socket = createConnection(path, () => {
      for (const part of parts) socket.write(part);
    });
    socket.on("data", (chunk) => {
      heard += chunk.toString("utf8");
      if (expected && heard.includes(expected)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(heard));
  });

test("whoever does not know the token gets nothing, and the broker works on", () =>
  inLive({ script: [DONE] }, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await ended(lab, run_id);
    const { socket, token, owner } = brokerOf(lab, id);
    const request = (method: string, params: object) => `${JSON.stringify({ id: 1, method, params })}\n`;
    const stop = request("stop", { reason: "because" });
    const wrong = request("hello", { token: `${token.slice(1)}x`, version: 1 });
    for (const parts of [[stop], [wrong, stop], [request("hello", { version: 1 }), stop]]) {
      const heard = await say(socket, parts);
      expect(heard).toContain("-32001");
      expect(heard).not.toContain(token);
    }
    expect(await say(socket, ["\n\n{}[]nonsense\n"])).toBe("");
    const blocks = Array<Buffer>(100).fill(Buffer.alloc(1024 * 1024, "x"));
    expect(await say(socket, blocks)).toBe("");
    const hello = request("hello", { token, version: 1 });
    expect(await say(socket, [hello, ...blocks, "\n"])).not.toContain("error");
    const bad = '{"id":2,"method":"send","params":{"text":3}}\n';
    expect(await say(socket, [hello, bad], "\n{")).toMatch(/"id":2.*-32602/);
    expect(await say(socket, [hello, '{"id":3,"method":"format_disk"}\n'], "\n{")).toMatch(/"id":3.*-32601/);
    // Whoever only holds the line is no hindrance.
    const silent = Array.from({ length: 50 }, () => createConnection(socket).on("error", () => {}));
    expect(brokerOf(lab, id).owner).toEqual(owner);
    const sent = await broker(lab, "send", "--wait", id, "go on");
    expect([sent.code, sent.lines.verdict], sent.stderr).toEqual([0, "done"]);
    expect(saidTo(lab)).toHaveLength(2);
    expect(dirname(socket)).toBe(join(lab.home, "sockets"));
    for (const line of silent) line.destroy();
  }));

test("a credential is kept out of every file of a session, and Codex can't call on its own session", () =>
  inLive({ script: [[UNTIL_GO, DONE], [DONE]] }, async (lab) => {
    const secret = `sk-proj-${"a1B2".repeat(10)}`;
    const { broker_id: id } = await begin(lab);
    await atWork(lab);
    for (const args of [["send", id], ["send", "--steer", id], ["answer", id], ["start"]]) {
      const called = await broker(lab, ...args, `use the key ${secret}; the tests must pass`);
      expect([64, 75], called.stderr).toContain(called.code);
      const inside = await lab.call("codex_broker", [...args, "hello"], { env: { CODEX_THREAD_ID: "t" } });
      expect([inside.code, inside.stderr.includes("inside Codex")], inside.stderr).toEqual([3, true]);
    }
    expect(messagesOf(lab, id)).toHaveLength(1);
    const files = readdirSync(lab.home, { recursive: true, encoding: "utf8" }).map((name) => join(lab.home, name));
    const texts = files.filter((path) => lstatSync(path).isFile()).map((path) => readFileSync(path, "utf8"));
    expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  }));
