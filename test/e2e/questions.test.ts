import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inLab } from "../kit/lab.ts";

const ASKED = { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } };
const SCRIPT = {
  script: [[{ run: "echo one" }, ASKED, { say: "Took it.\n\nStatus: done" }], [{ say: "Later.\n\nStatus: done" }]],
};

test.each(["run_id", "session_id", "broker_id"] as const)(
  "the answer, sent to the %s, goes into the same turn",
  (name) =>
    inLab(SCRIPT, async (lab) => {
      const asked = await lab.ask("choose a database and test it");
      expect(asked.code, asked.stderr).toBe(4);
      expect(asked.lines).toMatchObject({ verdict: "question", exit_code: "4" });
      expect(asked.stdout).toContain("[QUESTION] Which database?\n- postgres\n- sqlite\n");
      expect(readFileSync(asked.lines.output_path ?? "", "utf8")).toContain("Which database?");
      const runId = asked.lines.run_id ?? "";
      const shown = await lab.call("codex_runs", ["show", runId]);
      expect(shown.lines.state).toBe("waiting_input");
      expect(shown.stdout).toContain("[QUESTION] Which database?");
      const ids: Record<string, string | undefined> = { ...asked.lines, ...shown.lines };
      const id = ids[name] ?? "";
      const answered = await lab.call("ask_codex", ["--session", id, "sqlite, please"], { cwd: "/" });
      expect(answered.code, answered.stderr).toBe(0);
      expect(answered.lines).toMatchObject({ run_id: runId, verdict: "done", session_id: asked.lines.session_id });
      expect(answered.stdout).toContain("Took it.");
      // One turn: the model's next request has the answer as the tool's result, behind the same prompt.
      expect(lab.model.userTexts()).toHaveLength(1);
      expect(JSON.stringify(lab.model.requests.at(-1)?.body.input.at(-1))).toContain("sqlite, please");
      expect(lab.receipt(runId).counts).toMatchObject({ turns: 1, questions: 1 });
      expect(readFileSync(answered.lines.output_path ?? "", "utf8")).toBe("Took it.\n\nStatus: done\n");
    }),
);

test("two questions in one turn are asked one after the other", () =>
  inLab(
    { script: [[ASKED, { call: "ask_caller", args: { question: "And which port?" } }, { say: "Status: done" }]] },
    async (lab) => {
      const first = await lab.ask("choose and test it");
      const second = await lab.ask("--session", first.lines.run_id ?? "", "postgres");
      expect(second.code).toBe(4);
      expect(second.stdout).toContain("[QUESTION] And which port?");
      const end = await lab.ask("--session", first.lines.run_id ?? "", "5432");
      expect(end.code).toBe(0);
      expect(lab.receipt(first.lines.run_id ?? "").counts).toMatchObject({ turns: 1, questions: 2 });
    },
  ));

test("a question that nobody answers is let go, and a later answer is a new turn of the session", () =>
  inLab(SCRIPT, async (lab) => {
    const asked = await lab.call("ask_codex", ["choose and test it"], { env: { ASK_CODEX_QUESTION_TIMEOUT: "0.5" } });
    expect(asked.code).toBe(4);
    const runId = asked.lines.run_id ?? "";
    const end = await lab.call("codex_runs", ["wait", runId]);
    // Depending on who is first, wait still sees the question or already the end.
    expect([0, 4]).toContain(end.code);
    await expect
      .poll(() => lab.call("codex_runs", ["show", runId]).then((shown) => shown.lines.state), { timeout: 20_000 })
      .toBe("ended");
    expect(JSON.stringify(lab.model.requests.at(-1)?.body.input.at(-1))).toContain("No answer came");
    const later = await lab.ask("--session", runId, "sqlite after all");
    expect(later.lines.run_id).not.toBe(runId);
    expect(later.lines).toMatchObject({ session_id: asked.lines.session_id, verdict: "done" });
    expect(lab.model.userTexts()).toHaveLength(2);
  }));

test("waiting for a parked run tells the question; cancelling it ends it", () =>
  inLab(SCRIPT, async (lab) => {
    const asked = await lab.ask("choose and test it");
    const runId = asked.lines.run_id ?? "";
    const waited = await lab.call("codex_runs", ["wait", runId]);
    expect(waited.code).toBe(4);
    expect(waited.stdout).toContain("[QUESTION] Which database?");
    const cancelled = await lab.call("codex_runs", ["cancel", runId]);
    expect(cancelled.code).toBe(0);
    expect(cancelled.lines.verdict).toBe("cancelled");
    expect(await lab.left()).toEqual([]);
    expect((await lab.call("codex_runs", ["wait", runId])).code).toBe(130);
  }));

test("both clocks stand still while a question waits", () =>
  inLab(SCRIPT, async (lab) => {
    const asked = await lab.ask("--timeout", "2", "--idle-timeout", "1", "choose and test it");
    expect(asked.code).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    const answered = await lab.ask("--session", asked.lines.run_id ?? "", "postgres");
    expect(answered.lines.verdict, answered.stdout).toBe("done");
  }));

test("flags that can't change the waiting turn are named, not dropped in silence", () =>
  inLab(SCRIPT, async (lab) => {
    const asked = await lab.ask("choose and test it");
    const answered = await lab.ask("--session", asked.lines.run_id ?? "", "--timeout", "9", "postgres");
    expect(answered.code).toBe(0);
    expect(answered.stderr).toContain("--timeout can't change the turn");
  }));

test("with --json a question is one object with its text and options", () =>
  inLab(SCRIPT, async (lab) => {
    const asked = await lab.ask("--json", "choose and test it");
    expect(asked.code).toBe(4);
    const receipt = JSON.parse(asked.stdout);
    expect(receipt).toMatchObject({
      verdict: "question",
      question: { question: "Which database?", options: ["postgres", "sqlite"] },
    });
    expect(asked.stderr).toContain(`run_id=${receipt.run_id}`);
    await lab.call("codex_runs", ["cancel", receipt.run_id]);
  }));

test("where the engine can't be asked, the last message asks and --session answers in a new turn", () =>
  inLab(
    {
      script: [
        [{ say: "I see two ways.\n\nShould I use A or B?\n\nStatus: question" }],
        [{ say: "B it is.\n\nStatus: done" }],
      ],
    },
    async (lab) => {
      const asked = await lab.ask("--engine", "exec", "choose and test it");
      expect(asked.code).toBe(4);
      expect(asked.stdout).toContain("[QUESTION] Should I use A or B?");
      const answered = await lab.ask("--session", asked.lines.run_id ?? "", "B");
      expect(answered.lines).toMatchObject({ verdict: "done", session_id: asked.lines.session_id });
    },
  ));
