import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../src/core/request.ts";
import { inLab, type Lab, type LabOptions } from "../kit/lab.ts";

/** Both engines give the same promises; what one can do and the other can't is tested elsewhere. */
describe.each(ENGINES)("engine %s", (engine) => {
  const labTest = (options: LabOptions, body: (lab: Lab) => Promise<void>) => () => inLab(options, body);
  const ask = (lab: Lab, ...args: string[]) => lab.ask("--engine", engine, ...args);

  test(
    "carries a goal out: answer, changes from git, tokens, record",
    labTest(
      {
        script: [
          [
            {
              run: "echo new > new.txt; echo more >> README.md; rm gone.txt",
              usage: { input: 100, cached: 40, output: 5 },
            },
            { say: "I did it.\n\nStatus: done", usage: { input: 200, cached: 150, output: 7 } },
          ],
        ],
        files: { "README.md": "# p\n", "gone.txt": "x\n" },
      },
      async (lab) => {
        const done = await ask(lab, "make the change and run the tests");
        expect(done.code, done.stderr).toBe(0);
        expect(done.lines).toMatchObject({
          verdict: "done",
          exit_code: "0",
          files_changed: "3",
          policy: "ok",
          verification: "none",
          tokens: "in:300 cached:190 out:12",
        });
        expect(done.stdout).toContain(
          "[FILES_MODIFIED]\n- README.md (modified)\n- gone.txt (deleted)\n- new.txt (created)\n",
        );
        expect(done.stdout).toContain("I did it.");
        expect(done.stdout).toContain("[CODEX_COMPLETE] done in 1 commands");
        const receipt = lab.receipt(done.lines.run_id ?? "");
        expect(receipt).toMatchObject({
          verdict: "done",
          engine: { name: engine, requested: engine },
          counts: { commands: 1, failed_commands: 0 },
          processes: { left: [] },
        });
        expect(readFileSync(done.lines.output_path ?? "", "utf8")).toBe("I did it.\n\nStatus: done\n");
        expect(lab.git("status", "--porcelain")).not.toContain(".ask-codex");
        for (const name of [
          "request.json",
          "task.md",
          "prompt.md",
          "status.json",
          "events.jsonl",
          "raw.jsonl",
          "stderr.log",
          "result.md",
          "result.json",
        ]) {
          expect(existsSync(join(receipt.record, name)), name).toBe(true);
        }
      },
    ),
  );

  test(
    "leaves Codex's configuration as it was",
    labTest({ script: [[{ run: "touch a" }, { say: "Status: done" }]] }, async (lab) => {
      const before = readFileSync(join(lab.codexHome, "config.toml"), "utf8");
      await ask(lab, "touch a file; run the tests");
      expect(readFileSync(join(lab.codexHome, "config.toml"), "utf8")).toBe(before);
    }),
  );

  test(
    "a reading role writes nothing, whatever the user's own configuration allows",
    labTest(
      {
        script: [
          [
            { run: "touch a.txt; touch /tmp/ask-codex-test-$$ && echo WROTE; cat README.md" },
            { say: "Read it.\n\nStatus: done" },
          ],
        ],
        config: 'sandbox_mode = "danger-full-access"\napproval_policy = "never"',
      },
      async (lab) => {
        const done = await ask(lab, "--read-only", "what is in README.md?");
        expect(done.code).toBe(0);
        expect(existsSync(join(lab.workspace, "a.txt"))).toBe(false);
        expect(done.lines.files_changed).toBe("0");
        const output = toolOutputs(lab);
        expect(output).toContain("Read-only file system");
        expect(output).not.toContain("WROTE");
        expect(output).toContain("# a project");
      },
    ),
  );

  test(
    "a writing role writes the workspace and /tmp, not the git folder, the home or our records",
    labTest(
      {
        script: [
          [
            {
              run: 'touch in.txt && echo IN; mkdir .git/x || echo GIT-RO; touch "$HOME/../outside.txt" && echo OUT; touch "$HOME/../state/x" && echo STATE',
            },
            { say: "Status: done" },
          ],
        ],
      },
      async (lab) => {
        await ask(lab, "write; run the tests");
        const output = toolOutputs(lab);
        expect(output).toContain("IN");
        expect(output).toContain("GIT-RO");
        expect(existsSync(join(lab.home, "x"))).toBe(false);
        expect(output).not.toContain("STATE");
      },
    ),
  );

  test(
    "commands see the run's marker and no variable that looks like a key",
    labTest({ script: [[{ run: "env" }, { say: "Status: done" }]] }, async (lab) => {
      const done = await lab.call(
        "ask_codex",
        ["--engine", engine, "--env", "PLAIN", "print the environment and check it"],
        {
          env: {
            SECRET_TOKEN: "tok-hidden",
            MY_API_KEY: "key-hidden",
            CLAUDECODE: "1",
            ANTHROPIC_API_KEY: "ant-hidden",
            PLAIN: "visible",
            OTHER: "also-hidden",
          },
        },
      );
      const output = toolOutputs(lab);
      expect(output).toContain(`ASK_CODEX_RUN=${done.lines.run_id}`);
      expect(output).toContain("PLAIN=visible");
      expect(output).not.toMatch(/hidden|CLAUDECODE/);
    }),
  );

  test(
    "the network is off, and on where it was asked for",
    labTest(
      { script: [[{ run: `exec 3<>/dev/tcp/127.0.0.1/$PORT && echo OPEN || echo SHUT` }, { say: "Status: done" }]] },
      async (lab) => {
        const port = String(lab.model.port);
        const run = (...flags: string[]) =>
          lab.call("ask_codex", ["--engine", engine, "--env", "PORT", ...flags, "check the network"], {
            env: { PORT: port },
          });
        await run();
        expect(toolOutputs(lab)).toContain("SHUT");
        await run("--network");
        expect(toolOutputs(lab)).toContain("OPEN");
      },
    ),
  );

  test(
    "a session goes on in the same thread with the same power and model, and counts its own tokens",
    labTest(
      {
        script: [
          [{ say: "First.\n\nStatus: done", usage: { input: 100, output: 1 } }],
          [{ run: "touch sneaky.txt" }, { say: "Second.\n\nStatus: done", usage: { input: 300, output: 3 } }],
        ],
      },
      async (lab) => {
        const first = await ask(
          lab,
          "--read-only",
          "-w",
          lab.workspace,
          "--model",
          "gpt-5.5",
          "--reasoning",
          "low",
          "look at it",
        );
        const second = await lab.call("ask_codex", ["--session", first.lines.run_id ?? "", "and now the rest"], {
          cwd: "/",
        });
        expect(second.code, second.stderr).toBe(0);
        expect(second.lines.session_id).toBe(first.lines.session_id);
        expect(second.lines.tokens).toBe("in:400 cached:0 out:4");
        expect(existsSync(join(lab.workspace, "sneaky.txt"))).toBe(false);
        expect(toolOutputs(lab)).toContain("Read-only file system");
        const last = lab.model.requests.at(-1)?.body;
        expect(last?.model).toBe("gpt-5.5");
        expect(last?.reasoning).toMatchObject({ effort: "low" });
        expect(lab.model.userTexts()).toEqual([
          expect.stringContaining("look at it"),
          expect.stringContaining("and now the rest"),
        ]);
        const receipt = lab.receipt(second.lines.run_id ?? "");
        expect(receipt.broker_id).toBe(lab.receipt(first.lines.run_id ?? "").broker_id);
        expect(receipt.workspace).toBe(lab.workspace);
      },
    ),
  );

  test(
    "an answer that breaks the schema is unverified, one that satisfies it is done",
    labTest(
      {
        script: [[{ say: '{"n": "two"}' }]],
        files: {
          "s.json":
            '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}',
        },
      },
      async (lab) => {
        const broken = await ask(lab, "--schema", "s.json", "count the files and check");
        expect(broken.code).toBe(6);
        expect(broken.lines).toMatchObject({ verdict: "unverified", verification: "failed" });
        expect(broken.stdout).toContain("/n must be integer");
        expect(JSON.stringify(lab.model.requests.at(-1)?.body.text)).toContain("json_schema");
        lab.model.script([{ say: '{"n": 2}' }]);
        const good = await ask(lab, "--schema", "s.json", "--output", "answer.json", "count the files and check");
        expect(good.code).toBe(0);
        expect(good.lines).toMatchObject({
          verdict: "done",
          verification: "passed",
          output_path: join(lab.workspace, "answer.json"),
        });
        expect(JSON.parse(readFileSync(join(lab.workspace, "answer.json"), "utf8"))).toEqual({ n: 2 });
      },
    ),
  );

  test.each([
    ["Status: partial", 1, "failed"],
    ["What about the second file?\n\nStatus: question", 4, "question"],
    ["No compiler here.\n\nStatus: blocked", 4, "blocked"],
    ["   ", 1, "failed"],
  ])("the last message decides: %j", (say, code, verdict) =>
    labTest({ script: [[{ say }]] }, async (lab) => {
      const done = await ask(lab, "do it and run the tests");
      expect(done.lines.verdict, done.stdout).toBe(verdict);
      expect(done.code).toBe(code);
    })(),
  );

  test(
    "more steps than allowed: stopped, exit 2, session kept",
    labTest(
      { script: [[{ run: "echo 1" }, { run: "echo 2" }, { run: "echo 3" }, { say: "Status: done" }]] },
      async (lab) => {
        const done = await ask(lab, "--max-steps", "2", "do many things; run the tests");
        expect(done.code).toBe(2);
        expect(done.lines.verdict).toBe("timeout");
        expect(done.lines.session_id).toMatch(/^[0-9a-f-]{36}$/);
        expect(done.stdout).toContain("more than 2 commands");
        expect(done.stdout).toContain(`--session ${done.lines.run_id}`);
      },
    ),
  );

  test(
    "a model that says nothing ends as timeout; a later run of the session answers",
    labTest({ script: [[{ hang: true }], [{ say: "Here now.\n\nStatus: done" }]] }, async (lab) => {
      const silent = await ask(lab, "--idle-timeout", "1.5", "say something; check it");
      expect(silent.code).toBe(2);
      expect(silent.stdout).toContain("silent for longer than 1.5 s");
      expect(await lab.left()).toEqual([]);
      const later = await lab.ask("--session", silent.lines.session_id ?? "", "go on");
      expect(later.code, later.stderr).toBe(0);
      expect(later.lines.session_id).toBe(silent.lines.session_id);
    }),
  );

  test(
    "the idle clock stands still while a command runs",
    labTest({ script: [[{ run: "sleep 4", yieldMs: 10_000 }, { say: "Slept.\n\nStatus: done" }]] }, async (lab) => {
      const done = await ask(lab, "--idle-timeout", "1.5", "sleep, then check");
      expect(done.lines.verdict, done.stdout).toBe("done");
    }),
  );

  test(
    "the total clock ends a run that is busy, and nothing of it is left",
    labTest({ script: [[{ run: "sleep 300 & sleep 301", yieldMs: 30_000 }, { say: "Status: done" }]] }, async (lab) => {
      const done = await ask(lab, "--timeout", "1", "sleep long, then check");
      expect(done.code).toBe(2);
      expect(done.stdout).toContain("longer than 1 s");
      expect(await lab.left()).toEqual([]);
      expect([".codex", ".agents", ".aws"].filter((name) => existsSync(join(lab.workspace, name)))).toEqual([]);
    }),
  );
});

/** What the commands printed, as the model was told. */
const toolOutputs = (lab: Lab): string =>
  JSON.stringify(lab.model.requests.at(-1)?.body.input.filter((item) => item.type.endsWith("_output")) ?? []);
