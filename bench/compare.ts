import type { Context } from "./context.ts";
import { type Pair, type Row, ratioRow } from "./row.ts";

/** What is measured of either side: milliseconds. */
export type Sides = Record<"ours" | "theirs", () => Promise<number>>;

/** A B A B …, after one pair that warms the caches and is thrown away. */
export async function compare(context: Context, name: string, goal: number | undefined, sides: Sides): Promise<Row> {
  return ratioRow(name, await measurePairs(context, name, sides), goal);
}

export async function measurePairs({ rounds, check, say }: Context, name: string, sides: Sides): Promise<Pair[]> {
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
