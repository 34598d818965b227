import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOOKS } from "../src/claude/hook-input.ts";
import { workspaceDir } from "../src/sys/paths.ts";
import { ROOT } from "../test/kit/lab.ts";
import { compare } from "./compare.ts";
import type { Context } from "./context.ts";
import type { Row } from "./row.ts";
import { type Finished, lineOf, runProcess } from "./run-process.ts";
import { HELLO, type World } from "./world.ts";

const GOAL_RATIO = 4;
const AT_ONCE = 50;

/**
 * What a hook costs that Claude Code waits for, next to a Node that does nothing: with junk, with nothing to do, and with
 * what there is to do at a prompt. Throws where a hook says something that it should not.
 */
export async function measureHooks(context: Context): Promise<Row[]> {
  const { world } = context;
  const { lab } = world;
  const [junk, input] = [join(lab.dir, "junk"), join(lab.dir, "input")];
  writeFileSync(junk, "\0{[<not json>");
  const said = { session_id: "bench", prompt_id: "p-1", cwd: lab.workspace, prompt: "What is new?" };
  writeFileSync(input, `${JSON.stringify(said)}\n`);
  const node = async () => (await runProcess(world, fed([process.execPath, "-e", "0"], junk))).ms;
  const silent = (event: string, file: string) => async () => quiet(await callHook(world, event, file)).ms;
  const rows: Row[] = [];
  rows.push(
    await compare(context, "hook with junk / node -e 0", GOAL_RATIO, { ours: silent("stop", junk), theirs: node }),
  );
  for (const event of HOOKS)
    rows.push(
      await compare(context, `hook ${event}, nothing to do / node -e 0`, GOAL_RATIO, {
        ours: silent(event, input),
        theirs: node,
      }),
    );
  rows.push(
    await compare(context, `${AT_ONCE} hooks at once with junk / ${AT_ONCE} × node -e 0 at once`, GOAL_RATIO, {
      ours: () => slowest(silent("stop", junk)),
      theirs: () => slowest(node),
    }),
  );
  rows.push(await withItem(context, input, node));
  rows.push(await withGate(context, input, node));
  return rows;
}

/** As Claude Code calls it: the JSON on stdin. */
const fed = (argv: readonly string[], file: string): string[] => ["sh", "-c", 'exec "$@" < "$0"', file, ...argv];

const callHook = (world: World, event: string, file: string): Promise<Finished> =>
  runProcess(asSession(world), fed([process.execPath, join(ROOT, "scripts", "codex_hook.mjs"), event], file));

/** The session of Claude Code is this process. */
const asSession = (world: World): World => {
  const env = { ...world.lab.env, CLAUDE_CODE_SESSION_ID: "bench", CLAUDE_PID: String(process.pid) };
  return { ...world, lab: { ...world.lab, env } };
};

function quiet(finished: Finished): Finished {
  if (finished.stdout !== "") throw new Error(`a hook with nothing to do said: ${finished.stdout}`);
  return finished;
}

const slowest = async (call: () => Promise<number>): Promise<number> =>
  Math.max(...(await Promise.all(Array.from({ length: AT_ONCE }, call))));

/** A prompt that is told how a background run ended; the item is one that nobody was told each time. */
async function withItem(context: Context, input: string, node: () => Promise<number>): Promise<Row> {
  const { world } = context;
  const { lab, argv } = world;
  lab.model.script(HELLO);
  const started = await runProcess(asSession(world), [...argv.ask.slice(0, -1), "--background", "say hello"]);
  const runId = lineOf(started.stdout, "run_id");
  await runProcess(world, argv.runs("wait", "--quiet", runId));
  const record = lab.recordDir(runId);
  const row = await compare(context, "hook user-prompt-submit, an inbox with one item / node -e 0", undefined, {
    async ours() {
      rmSync(join(record, "inbox"), { recursive: true });
      mkdirSync(join(record, "inbox"));
      const { ms, stdout } = await callHook(world, "user-prompt-submit", input);
      if (!stdout.includes(runId)) throw new Error(`the hook did not tell of ${runId}: ${stdout}`);
      return ms;
    },
    theirs: node,
  });
  await runProcess(asSession(world), argv.runs("inbox", "--ack", runId));
  return row;
}

/** A prompt that notes what the turn begins with. */
async function withGate(context: Context, input: string, node: () => Promise<number>): Promise<Row> {
  const { world } = context;
  const settings = join(world.lab.home, "settings.md");
  writeFileSync(settings, "---\nreview_gate: on\n---\n");
  try {
    return await compare(context, "hook user-prompt-submit, gate on, 200 files / node -e 0", undefined, {
      async ours() {
        rmSync(join(workspaceDir(world.lab.home, world.lab.workspace), "gate"), { recursive: true, force: true });
        return quiet(await callHook(world, "user-prompt-submit", input)).ms;
      },
      theirs: node,
    });
  } finally {
    rmSync(settings);
  }
}
