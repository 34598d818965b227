import type { World } from "./world.ts";

/** What every measurement is given. */
export interface Context {
  world: World;
  /** Pairs of a comparison, and runs of a peak. */
  rounds: number;
  /** Background runs that are started at once. */
  starts: number;
  /** Called between two runs: throws where going on would measure something else, or is not wanted any more. */
  check: () => void;
  /** Aborted when somebody wants the end: for what takes long between two checks, and must not be held up by one. */
  stop: AbortSignal;
  /** Tells a person what goes on. */
  say: (text: string) => void;
}
