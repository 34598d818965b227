import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { renderHelp } from "../../../../src/cli/help.ts";
import { parseCommand } from "../../../../src/cli/parse.ts";
import { broker } from "../../../../src/commands/broker/broker.ts";
import { BROKER_ID } from "../../core/samples.ts";
import { callBroker, newPlace } from "./broker-world.ts";

const BAD: [argv: string[], sentence: RegExp][] = [
  [[], /there is no verb\n.*verbs: start, send, answer, status, summary, list, logs, wait, stop, resume/],
  [["constructor"], /there is no verb constructor/],
  [["begin", "x"], /there is no verb begin/],
  [["start"], /there is no goal/],
  [["start", ""], /the goal is empty/],
  [["start", "one goal", "another"], /the goal must be one argument.*\n.*codex_broker start "fix/],
  [["start", "--wait", "x"], /--wait is for codex_broker send and answer/],
  [["start", "--steer", "x"], /--steer is for codex_broker send/],
  [["start", "--verbose", "x"], /--verbose is for codex_broker /],
  [["start", "--idle-exit", "soon", "x"], /--idle-exit: must be a number of minutes/],
  [["start", "--idle-exit", "-1", "x"], /--idle-exit/],
  [["start", "--idle-exit", "10081", "x"], /--idle-exit/],
  [["start", "--name", "two\nlines", "x"], /--name: must be one line/],
  [["start", "--name", "  ", "x"], /--name: must not be empty/],
  [["start", "--key", "k".repeat(201), "x"], /--key: must be one line of at most 200/],
  [["start", "--key", "", "x"], /--key/],
  [["start", "--key", "k", "--session", BROKER_ID, "x"], /--key is for a new session/],
  [["start", "--list-units", "--plan", "p.md"], /there is no option --list-units/],
  [["start", "--timeout", "-1", "x"], /timeout/],
  [["start", "--packet", "/no/such/packet.md"], /packet\.md/],
  [["start", "--session", "nobody", "x"], /there is no session, run or name "nobody"/],
  [["send"], /codex_broker send takes an id and one text/],
  [["send", BROKER_ID, "a", "b"], /codex_broker send takes an id and one text/],
  [["send", "--task-id", "U1", BROKER_ID, "a"], /--task-id is for codex_broker start/],
  [["send", "--engine", "exec", BROKER_ID, "a"], /--engine is for codex_broker start/],
  [["send", "--name", "n", BROKER_ID, "a"], /--name is for codex_broker start/],
  [["send", BROKER_ID, "-m pytest"], /there is no option -m|goes behind "--"/],
  [["send", BROKER_ID, "a"], /there is no session/],
  [["answer", "--verify", "true", BROKER_ID, "a"], /--verify is for codex_broker start and send and resume/],
  [["stop"], /codex_broker stop takes one id/],
  [["stop", BROKER_ID, "now"], /codex_broker stop takes one id/],
  [["stop", "--timeout", "5", BROKER_ID], /--timeout is for codex_broker/],
  [["wait", "--timeout", "soon", BROKER_ID], /--timeout: must be a number of seconds/],
  [["status", "one", "two"], /codex_broker status takes one id/],
  [["list", "one"], /codex_broker list takes no id/],
  [["resume", "--wait", BROKER_ID], /--wait is for codex_broker send and answer/],
  [["stop", "../../etc"], /there is no session/],
  [["stop", ""], /the id of the session is empty/],
];

describe("codex_broker takes no", () => {
  test.each(BAD)("%j: one sentence and 64, and nothing is written", async (argv, sentence) => {
    const { home, workspace } = newPlace();
    const { code, out, err } = await callBroker(home, argv, { cwd: workspace });
    expect(err).toMatch(sentence);
    expect([code, out]).toEqual([64, ""]);
    expect(existsSync(home)).toBe(false);
  });

  test("call from inside Codex that would give it work", async () => {
    const { home } = newPlace();
    const { code, err } = await callBroker(home, ["start", "x"], { env: { CODEX_THREAD_ID: "t" } });
    expect([code, existsSync(home)]).toEqual([3, false]);
    expect(err).toContain("inside Codex");
  });
});

/** A line of the help as a shell would split it. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");

test("the help has a line of usage, the options and an example for every verb, and each example parses", () => {
  const help = renderHelp(broker, (script) => `node ${script}.mjs`);
  for (const verb of ["start", "send", "answer", "status", "summary", "list", "logs", "wait", "stop", "resume"]) {
    expect(help).toContain(`  codex_broker ${verb}`);
    expect(broker.examples.some(([line]) => words(line)[1] === verb)).toBe(true);
  }
  for (const option of ["--steer", "--key KEY", "--idle-exit MIN", "--scope PATH"]) expect(help).toContain(option);
  for (const [line] of broker.examples) {
    const [name, ...argv] = words(line);
    expect(name).toBe("codex_broker");
    expect(() => parseCommand(broker, argv)).not.toThrow();
  }
});

test("with --json bad input is one object, too", async () => {
  const { home } = newPlace();
  const { code, out } = await callBroker(home, ["send", "--json", "nobody", "x"]);
  expect(code).toBe(64);
  expect(JSON.parse(out)).toMatchObject({ verdict: "usage", exit_code: 64, reason: expect.stringContaining("nobody") });
});
