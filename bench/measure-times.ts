import type { Context } from "./context.ts";
import { differenceRow, type Pair, type Row, ratioRow } from "./row.ts";
import { runProcess } from "./run-process.ts";
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

type Sides = Record<"ours" | "theirs", () => Promise<number>>;

/** A B A B …, after one pair that warms the caches and is thrown away. */
async function compare(context: Context, name: string, goal: number | undefined, sides: Sides): Promise<Row> {
  return ratioRow(name, await measurePairs(context, name, sides), goal);
}

async function measurePairs({ rounds, check, say }: Context, name: string, sides: Sides): Promise<Pair[]> {
  say(`${name}: ${rounds} pairs`);
  const pairs: Pair[] = [];
  for (let round = 0; round <= rounds; round++) {
    check();
    const oursMs = await sides.ours();
    check();
    const theirsMs = await sides.theirs();
    if (round > 0) pairs.push({ oursMs, theirsMs });
  }
  return pairs;
}

/** One session a side, so that both histories grow by a turn a round. */
async function sessionsOf(world: World): Promise<Sides> {
  const { argv } = world;
  const ours = await runProcess(world, argv.ask);
  const theirs = await runProcess(world, argv.exec);
  const run = /^run_id=(.+)$/m.exec(ours.stdout)?.[1] ?? missing("run_id=");
  const thread = /"thread_id":"([^"]+)"/.exec(theirs.stdout)?.[1] ?? missing("thread_id");
  return {
    ours: async () => (await runProcess(world, argv.askAgain(run))).ms,
    theirs: async () => (await runProcess(world, argv.execAgain(thread))).ms,
  };
}

function missing(what: string): never {
  throw new Error(`${what} was never printed`);
}
