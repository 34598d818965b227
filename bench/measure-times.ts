import { compare, measurePairs, type Sides } from "./compare.ts";
import type { Context } from "./context.ts";
import { differenceRow, type Row } from "./row.ts";
import { lineOf, missing, runProcess, threadOf } from "./run-process.ts";
import { HELLO, type World } from "./world.ts";

const ADDED = "policy and audit add: 200 files in git / outside git with full access";

/** The comparisons in time, each pair by pair. */
export async function measureTimes(context: Context): Promise<Row[]> {
  const { world } = context;
  const { argv } = world;
  const time = async (command: readonly string[]) => (await runProcess(world, command)).ms;
  world.lab.model.script(HELLO);
  return [
    await compare(context, "new session: ask_codex / codex exec", 1.3, {
      ours: () => time(argv.ask),
      theirs: () => time(argv.exec),
    }),
    await compare(context, "same session: ask_codex / codex exec resume", undefined, await sessionsOf(world)),
    differenceRow(
      ADDED,
      await measurePairs(context, ADDED, { ours: () => time(argv.ask), theirs: () => time(argv.askOpen) }),
      120,
    ),
    await compare(context, "ask_codex --help / node -e 0", 3, {
      ours: () => time(argv.help),
      theirs: () => time(argv.node),
    }),
    await compare(context, "until run_id= / node -e 0", 5, {
      ours: async () => (await runProcess(world, argv.ask, /^run_id=.*\n/m)).markMs ?? missing("run_id="),
      theirs: () => time(argv.node),
    }),
  ];
}

/** One session a side, so that both histories grow by a turn a round. */
async function sessionsOf(world: World): Promise<Sides> {
  const { argv } = world;
  const ours = await runProcess(world, argv.ask);
  const theirs = await runProcess(world, argv.exec);
  const run = lineOf(ours.stdout, "run_id");
  const thread = threadOf(theirs.stdout);
  return {
    ours: async () => (await runProcess(world, argv.askAgain(run))).ms,
    theirs: async () => (await runProcess(world, argv.execAgain(thread))).ms,
  };
}
