import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Lab } from "../kit/lab.ts";
import { begin, broker, DONE, ended, fromRoot, inLive, parked, saidTo, send, status, verdictOf } from "../kit/live.ts";
import { expectSentence } from "../kit/refusal.ts";

const ASKS = { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } };
const SCRIPT = { script: [[{ run: "echo one" }, ASKS, { say: "Took it.\n\nStatus: done" }], [DONE]] };

const lastItem = (lab: Lab): string => JSON.stringify(lab.model.requests.at(-1)?.body.input.at(-1));

test("a question makes the session wait and says so everywhere; the answer goes into the same turn", () =>
  inLive(SCRIPT, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await parked(lab, run_id);
    const question = { question: "Which database?", options: ["postgres", "sqlite"] };
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", run_id, question });
    const shown = await fromRoot(lab, "status", id);
    expect(shown.stdout).toContain("Which database?");
    expect(shown.stdout).toContain("codex_broker");
    const waited = await broker(lab, "wait", id);
    expect([waited.code, waited.lines.verdict]).toEqual([4, "question"]);
    expect(waited.stdout).toContain("[QUESTION] Which database?\n- postgres\n- sqlite\n");
    const later = await send(lab, id, "and then the docs");
    expect(later.delivery).toBe("queued");
    const answered = await fromRoot(lab, "answer", id, "sqlite, please");
    expect(answered.code, answered.stderr).toBe(0);
    expect(answered.lines).toMatchObject({ delivery: "answered", run_id });
    await ended(lab, later.run_id);
    expect(JSON.stringify(lab.model.requests[2]?.body.input.at(-1))).toContain("sqlite, please");
    expect(lab.receipt(run_id)).toMatchObject({ verdict: "done", counts: { turns: 1, questions: 1 } });
    expect(saidTo(lab).slice(1)).toEqual(["and then the docs"]);
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", question: null, last_verdict: "done" });
  }));

test("answer --wait goes on to the end, or to the next question, by the run's id", () =>
  inLive({ script: [[ASKS, { call: "ask_caller", args: { question: "And the port?" } }, DONE]] }, async (lab) => {
    const { run_id } = await begin(lab);
    await parked(lab, run_id);
    const first = await broker(lab, "answer", "--wait", run_id, "sqlite");
    expect(first.code, first.stderr).toBe(4);
    expect(first.stdout).toContain("[QUESTION] And the port?");
    const second = await broker(lab, "answer", "--wait", "--json", run_id, "-m 5432 $(id)");
    expect(second.code, second.stderr).toBe(64);
    const third = await broker(lab, "answer", "--wait", "--json", run_id, "--", "-m 5432 $(id)");
    expect(third.code, third.stderr).toBe(0);
    expect(JSON.parse(third.stdout)).toMatchObject({ run_id, verdict: "done", counts: { questions: 2 } });
    expect(lastItem(lab)).toContain("-m 5432 $(id)");
  }));

test("of five answers at once one is taken, and the others are told that nothing waits", () =>
  inLive(SCRIPT, async (lab) => {
    const { broker_id: id, run_id } = await begin(lab);
    await parked(lab, run_id);
    const all = await Promise.all([1, 2, 3, 4, 5].map((one) => broker(lab, "answer", id, `answer ${one}`)));
    expect(all.map((one) => one.code).sort()).toEqual([0, 75, 75, 75, 75]);
    await ended(lab, run_id);
    const taken = all.findIndex((one) => one.code === 0) + 1;
    expect(lastItem(lab)).toContain(`answer ${taken}`);
    expectSentence(await broker(lab, "answer", id, "too late"), { code: 75, says: /nothing waits|no question/ });
    await broker(lab, "stop", id);
    expectSentence(await broker(lab, "answer", id, "later still"), { code: 75, says: /stopped|ended|nothing waits/ });
  }));

test("Codex's own request_user_input is a question like another", () => {
  const options = ["Red", "Blue"].map((label) => ({ label, description: `it is ${label}` }));
  const questions = [{ id: "color", header: "Colour", question: "Which colour?", options }];
  return inLive({ script: [[{ call: "request_user_input", args: { questions } }, DONE]] }, async (lab) => {
    const config = join(lab.codexHome, "config.toml");
    const asks = "[features]\ndefault_mode_request_user_input = true";
    writeFileSync(config, readFileSync(config, "utf8").replace("[features]", asks));
    const { broker_id: id, run_id } = await begin(lab);
    await parked(lab, run_id);
    const question = { question: "Which colour?", options: ["Red", "Blue"] };
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", question });
    expect((await broker(lab, "answer", "--wait", id, "Blue")).lines.verdict).toBe("done");
    expect(lastItem(lab)).toMatch(/color.*Blue/);
  });
});

/** Asks its user something as soon as its tool is called, and says what came back. */
const ELICITING = `
const read = require("node:readline").createInterface({ input: process.stdin });
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
let call;
read.on("line", (line) => {
  const { id, method, params, result } = JSON.parse(line);
  if (method === "initialize")
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "asker", version: "1" } } });
  else if (method === "tools/list")
    send({ id, result: { tools: [{ name: "beg", description: "begs", inputSchema: { type: "object", properties: {} }, annotations: { readOnlyHint: true } }] } });
  else if (method === "tools/call") {
    call = id;
    send({ id: "e1", method: "elicitation/create", params: { message: "May I?", requestedSchema: { type: "object", properties: { ok: { type: "boolean" } } } } });
  } else if (id === "e1") send({ id: call, result: { content: [{ type: "text", text: "I was told " + JSON.stringify(result) }] } });
  else if (id !== undefined) send({ id, result: {} });
});`;

test("what asks for more power gets none: escalations, approvals, elicitations", () =>
  inLive({}, async (lab) => {
    const server = join(lab.dir, "asker.cjs");
    writeFileSync(server, ELICITING);
    const config = join(lab.codexHome, "config.toml");
    const asker = `[mcp_servers.asker]\ncommand = "${process.execPath}"\nargs = ["${server}"]\n`;
    writeFileSync(config, `${readFileSync(config, "utf8")}${asker}`);
    const outside = join(lab.dir, "outside");
    const escalate = {
      cmd: `touch '${outside}'`,
      sandbox_permissions: "require_escalated",
      justification: "I would like to",
    };
    lab.model.script([
      { call: "exec_command", args: escalate },
      { call: "beg", namespace: "mcp__asker", args: {} },
      DONE,
    ]);
    const { run_id } = await begin(lab, "--scope", "none");
    await ended(lab, run_id);
    expect(verdictOf(lab, run_id)).toBe("done");
    expect(existsSync(outside)).toBe(false);
    const outputs = (lab.model.requests.at(-1)?.body.input ?? []).filter((item) => /_output$/.test(item.type));
    expect(JSON.stringify(outputs[0])).toMatch(/reject|never|denied/i);
    expect(JSON.stringify(outputs[1])).toContain('{\\"action\\":\\"decline\\"}');
  }));

test("a question that nobody answers is let go in time, and the session goes on", () =>
  inLive(SCRIPT, async (lab) => {
    const env = { ASK_CODEX_QUESTION_TIMEOUT: "0.2" };
    const started = await lab.call("codex_broker", ["start", "choose; the tests must pass"], { env });
    const { broker_id: id = "", run_id = "" } = started.lines;
    await ended(lab, run_id);
    expect(lastItem(lab)).toContain("No answer came");
    expect(await status(lab, id)).toMatchObject({ status: "waiting_input", question: null });
    const next = await send(lab, id, "sqlite after all");
    await ended(lab, next.run_id);
    expect(saidTo(lab).slice(1)).toEqual(["sqlite after all"]);
  }));
