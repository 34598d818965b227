import { type Check, finding, type Leftover, ok, type World } from "./check.ts";

/** What brokers that died left in the state home beside their records. */
export const checkLeftovers: Check = {
  id: "leftovers",
  title: "Leftovers",
  async run(world) {
    const found = await world.leftovers(world.home());
    if (found.length === 0) return ok("none");
    const says = `remove ${count(found)} that nobody uses`;
    const fix = { says, run: () => removeAll(found, world) };
    return finding("warn", `${count(found)} of brokers that are gone`, `${world.self("codex_doctor")} --fix`, fix);
  },
};

/** "2 sockets, 1 slot". */
function count(found: readonly Leftover[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, number]) => `${number} ${kind}${number === 1 ? "" : "s"}`).join(", ");
}

function removeAll(found: readonly Leftover[], world: World): string {
  const removed = found.filter((one) => world.removeLeftover(one));
  return removed.length === 0 ? "nothing was there any more" : `removed ${count(removed)}`;
}
