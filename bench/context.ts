import type { World } from "./world.ts";

/** What every measurement is given. */
export interface Context {
  world: World;
  /** Pairs of a comparison, and runs of a peak. */
  rounds: number;
  /** Called between two runs: throws where going on would measure something else, or is not wanted any more. */
  check: () => void;
  /** Tells a person what goes on. */
  say: (text: string) => void;
}
