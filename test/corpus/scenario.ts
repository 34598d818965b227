import type { AnyVerdict } from "../../src/core/exit-table.ts";
import { ENGINES, type EngineName } from "../../src/core/request.ts";
import type { LabOptions } from "../kit/lab.ts";
import type { Beat } from "../kit/scripted-model.ts";

export const FAMILIES = [
  "service",
  "stream",
  "report",
  "wording",
  "commands",
  "verification",
  "policy",
  "review",
  "lifecycle",
  "setup",
] as const;
export type Family = (typeof FAMILIES)[number];

/** What happens to a run from outside, once its first command is under way (the script touches `started`). */
export type Fate = "kill -9 codex" | "kill -9 broker" | "ctrl-c" | "cancel" | "kill -9 client and broker";

/**
 * One situation, and how a run in it truly ends. The label is written by a person from what DESIGN.md 5.3 promises,
 * before the scenario is run for the first time; it is never taken from our own output.
 */
export interface Scenario {
  name: string;
  script: Beat[] | Beat[][];
  /** The label. */
  verdict: AnyVerdict;
  exit: number;
  /** Why that is the truth, in a line. */
  why: string;
  /** Both, where it is not said. */
  engines?: readonly EngineName[];
  lab?: Omit<LabOptions, "script">;
  /** Options of ask_codex. */
  args?: readonly string[];
  goal?: string;
  env?: Readonly<Record<string, string>>;
  /** The profile of the login shell that Codex runs every command in. */
  profile?: string;
  fate?: Fate;
  /** After so many seconds a person gives up on the bare run, as `timeout` does; 40 where it is not said. */
  patience?: number;
}

/** One run to record: a scenario on one engine. */
export interface Entry extends Scenario {
  family: Family;
  engine: EngineName;
  /** The name of its file in runs/. */
  file: string;
}

/** Every run of a family's scenarios. */
export const entriesOf = (family: Family, scenarios: readonly Scenario[]): Entry[] =>
  scenarios.flatMap((scenario) =>
    (scenario.engines ?? ENGINES).map((engine) => ({
      ...scenario,
      family,
      engine,
      file: `${scenario.name}.${engine}.json`,
    })),
  );

/** Codex's own retries cut short, where a row is about the end and not about the way there. */
export const NO_RETRIES = "request_max_retries = 0\nstream_max_retries = 0";
export const ONE_RETRY = "request_max_retries = 1\nstream_max_retries = 1";
export const DONE = "I made the change.\n\nStatus: done";
