import { afterEach, beforeEach, expect, test } from "vitest";
import { type Model, startModel } from "../../../../src/doctor/self-test/model.ts";

let model: Model;
beforeEach(async () => {
  model = await startModel();
});
afterEach(() => model.close());

const user = (text: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
const output = { type: "function_call_output", call_id: "call_1", output: "ok" };

async function ask(input: unknown, path = "/v1/responses"): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${model.port}${path}`, {
    method: "POST",
    body: JSON.stringify({ model: "m", input }),
  });
  return { status: response.status, text: await response.text() };
}

test("the step is the number of tool outputs since the last mark, whoever else asks meanwhile", async () => {
  const first = model.script([{ run: "echo one" }, { say: "first is done" }]);
  const second = model.script([{ say: "second is done" }]);
  expect((await ask([user(`Go. ${first}`)])).text).toContain("echo one");
  expect((await ask([user(`Go. ${second}`)])).text).toContain("second is done");
  expect((await ask([user(`Go. ${first}`), output])).text).toContain("first is done");
  expect((await ask([user(`Go. ${first}`), output, user(`Go on. ${second}`)])).text).toContain("second is done");
  expect((await ask([user(`Go. ${first}`), output, user("no mark of ours")])).text).toContain("first is done");
  expect(model.seen(first).length).toBe(3);
  expect(model.seen(second).length).toBe(2);
});

test("the last step is repeated, for a request may be", async () => {
  const mark = model.script([{ say: "over" }]);
  expect((await ask([user(mark), output, output])).text).toContain("over");
});

test("an error is what the script says", async () => {
  const mark = model.script([{ status: 429, body: { error: { type: "usage_limit_reached" } } }]);
  expect(await ask([user(mark)])).toEqual({ status: 429, text: '{"error":{"type":"usage_limit_reached"}}' });
});

test("what nobody scripted has an answer, and other paths have none", async () => {
  expect((await ask([user("a title, please")])).text).toContain("Nothing was scripted.");
  expect((await ask([user("x")], "/v1/models")).status).toBe(404);
});

test("a body that is no request is cut off, and the server lives on", async () => {
  await expect(ask("not a list")).rejects.toThrow("fetch failed");
  expect((await ask([user("x")])).status).toBe(200);
});
