import { expect, test } from "vitest";
import { inClaudeCode } from "../kit/claude-code.ts";
import { ASK, bash, FIN, SKILL_CALL } from "./moves.ts";

test("a question ends the command with 4; the printed line for the answer needs no new permission and goes on in the turn", () => {
  const goal = 'Take a "database" for `it`.\nIt\'s $1 a month. Done when npm test passes.';
  return inClaudeCode(
    {
      installed: "copy",
      script: [
        [
          { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } },
          { say: "Took it.\n\nStatus: done" },
        ],
      ],
      moves: [
        SKILL_CALL,
        bash(`${ASK} - <<'EOF'\n${goal}\nEOF`),
        bash('{{answer: (node .+) "…"}} "sqlite, please"'),
        FIN,
      ],
    },
    async ({ lab, claude, start }) => {
      const { refused, account } = await start("Let Codex choose a database.").ended;
      expect(refused, account).toEqual([]);
      const [, asked, answered] = claude.results();
      expect(asked?.text).toMatch(/^Exit code 4\nrun_id=/);
      expect(asked?.text).toContain("[QUESTION] Which database?\n- postgres\n- sqlite\n");
      expect(answered?.text).toMatch(/^verdict=done$/m);
      expect(answered?.text).toContain("Took it.");
      const runId = /^run_id=(.+)$/m.exec(asked?.text ?? "")?.[1] ?? "";
      expect(answered?.text).toContain(`run_id=${runId}\n`);
      expect(lab.model.userTexts()).toEqual([expect.stringContaining(goal)]);
      expect(lab.receipt(runId).counts).toMatchObject({ turns: 1, questions: 1 });
      expect(await lab.left()).toEqual([]);
    },
  );
});

test("a question is relayed over two turns: Claude asks the user, and the next turn answers the same run", () =>
  inClaudeCode(
    {
      script: [
        [
          { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } },
          { say: "Took it.\n\nStatus: done" },
        ],
      ],
      moves: [
        SKILL_CALL,
        bash(`${ASK} "Take a database. Done when npm test passes."`),
        { say: "Codex asks: which database?" },
        bash('{{answer: (node .+) "…"}} "sqlite, please"'),
        FIN,
      ],
    },
    async ({ lab, claude, start }) => {
      const first = await start("Let Codex choose a database.").ended;
      expect(first.refused, first.account).toEqual([]);
      const second = await start("The small one.", "--continue").ended;
      expect(second.refused, second.account).toEqual([]);
      const [, asked, answered] = claude.results();
      expect(asked?.text).toContain("[QUESTION] Which database?\n");
      const runId = /^run_id=(.+)$/m.exec(asked?.text ?? "")?.[1] ?? "";
      expect(answered?.text, second.account).toContain(`run_id=${runId}\n`);
      expect(answered?.text).toContain("Took it.");
      expect(lab.receipt(runId).counts).toMatchObject({ turns: 1, questions: 1 });
      expect(await lab.left()).toEqual([]);
    },
  ));

test("a long answer and many files stay below 8 KB, with every line that counts in the first 2 KB", () =>
  inClaudeCode(
    {
      script: [
        [
          { run: 'mkdir src; for i in $(seq 60); do echo "$i" > "src/component-$i.test.ts"; done' },
          { say: `${"A line of a long report.\n".repeat(800)}\nStatus: done` },
        ],
      ],
      moves: [SKILL_CALL, bash(`${ASK} "Write a long report. Done when npm test passes."`), FIN],
    },
    async ({ claude, start }) => {
      await start("Let Codex report.").ended;
      const text = claude.results()[1]?.text ?? "";
      expect(text).not.toContain("Full output saved to");
      expect(Buffer.byteLength(text)).toBeLessThan(8_192);
      const head = Buffer.from(text).subarray(0, 2_048).toString("utf8");
      const names = "run_id session_id verdict exit_code output_path record files_changed policy verification";
      for (const name of names.split(" ")) expect(head).toMatch(new RegExp(`^${name}=.+$`, "m"));
      expect(text).toContain("more characters in ");
      expect(text).toContain("[CODEX_COMPLETE]");
    },
  ));
