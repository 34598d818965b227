import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inLab, ROOT } from "../kit/lab.ts";
import { DONE } from "../kit/live.ts";

const GOAL = "do it; the tests must pass";

test.each<[script: string, args: string[]]>([
  ["ask_codex", [GOAL]],
  ["ask_codex", ["--session", "r-20261121-051103-k7qz", "go on"]],
  ["ask_codex", ["--background", GOAL]],
  ["ask_codex", ["--json", GOAL]],
  ["codex_broker", ["start", GOAL]],
])("%s %j inside Codex starts and writes nothing", (script, args) =>
  inLab({}, async (lab) => {
    for (const mark of [{ CODEX_THREAD_ID: "01a1" }, { ASK_CODEX_RUN: "r-20261121-051103-k7qz" }]) {
      const told = await lab.call(script, args, { env: mark });
      expect(told.code).toBe(3);
      expect(told.stderr).toMatch(
        /^\w+: this runs inside Codex \(\w+ is set\), and Codex must not delegate to itself\n/,
      );
      if (args.includes("--json")) expect(JSON.parse(told.stdout)).toMatchObject({ verdict: "fatal", exit_code: 3 });
      else expect(told.stdout).toBe("");
      expect(existsSync(lab.home)).toBe(false);
    }
  }),
);

test("what goes on with a run or a session is refused inside Codex before it touches it", () =>
  inLab({ script: [DONE] }, async (lab) => {
    const run = await lab.ask(GOAL);
    const before = readdirSync(lab.home, { recursive: true }).toSorted();
    const id = run.lines.run_id ?? "";
    const session = lab.receipt(id).broker_id;
    for (const [script, ...args] of [
      ["codex_runs", "resume", id],
      ["codex_broker", "resume", session, "go on"],
      ["codex_broker", "send", session, "go on"],
      ["codex_broker", "answer", session, "yes"],
    ] as const) {
      const told = await lab.call(script, args, { env: { CODEX_THREAD_ID: "01a1" } });
      expect(told.code, `${script} ${args.join(" ")}\n${told.stderr}`).toBe(3);
      expect(told.stderr).toContain("Codex must not delegate to itself");
    }
    expect(readdirSync(lab.home, { recursive: true }).toSorted()).toEqual(before);
  }));

test("the launcher refuses it before it loads anything", () =>
  inLab({}, async (lab) => {
    // A skill that has neither its packages nor its sources.
    for (const path of ["package.json", "scripts", "src/gate/inside-codex.mjs"])
      cpSync(join(ROOT, path), join(lab.dir, "skill", path), { recursive: true });
    const skill = join(lab.dir, "skill", "scripts", "ask_codex.mjs");
    const call = (env: NodeJS.ProcessEnv, ...args: string[]) => lab.run(process.execPath, [skill, ...args], { env });
    const told = await call({ CODEX_SANDBOX: "seatbelt" }, GOAL);
    expect([told.code, told.stdout]).toEqual([3, ""]);
    expect(told.stderr).toBe(
      "ask_codex: this runs inside Codex (CODEX_SANDBOX is set), and Codex must not delegate to itself\n  hint: do the work here, or report back to whoever started this run\n",
    );
    // In the very words of the command, for whoever calls that without the launcher.
    const command = ["--import", "tsx", join(ROOT, "scripts", "ask_codex.ts")];
    for (const args of [[GOAL], ["--json", GOAL]])
      expect(await call({ CODEX_SANDBOX: "seatbelt" }, ...args)).toEqual(
        await lab.run(process.execPath, [...command, ...args], { cwd: ROOT, env: { CODEX_SANDBOX: "seatbelt" } }),
      );
    expect((await call({ CODEX_SANDBOX: "seatbelt" }, "--help")).stderr).toContain(
      "packages of ask-codex are not installed",
    );
    expect((await call({}, GOAL)).stderr).toContain("packages of ask-codex are not installed");
  }));

test("a Codex that calls ask_codex in one of its commands is told that it must not", () =>
  inLab(
    {
      script: [
        { run: `"${process.execPath}" "${join(ROOT, "scripts", "ask_codex.mjs")}" "do it"; echo "code $?"` },
        DONE,
      ],
    },
    async (lab) => {
      const run = await lab.ask(GOAL);
      expect(run.code, run.stderr).toBe(0);
      const command = lab.events(run.lines.run_id ?? "").find(({ type }) => type === "command_ended");
      expect(command?.output).toMatch(/Codex must not delegate to itself[\s\S]*code 3/);
      expect(readdirSync(join(lab.recordDir(run.lines.run_id ?? ""), ".."))).toHaveLength(1);
    },
  ));
