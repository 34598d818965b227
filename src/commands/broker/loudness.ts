import { usageError } from "../../core/errors.ts";
import type { Loudness } from "../progress.ts";
import type { Flags } from "./verb.ts";

/** How much a call says of its progress while it waits. */
export function loudnessOf(flags: Flags): Loudness {
  if (flags.quiet && flags.verbose) throw usageError("--quiet and --verbose contradict each other", "give one of them");
  return flags.quiet ? "quiet" : flags.verbose ? "verbose" : "normal";
}

/** A call that does not wait has no progress to be loud about. */
export function refuseLoudness(flags: Flags): void {
  const unused = (["quiet", "verbose"] as const).find((name) => flags[name] !== undefined);
  if (!flags.wait && unused) throw usageError(`--${unused} is for what is waited for`, "give --wait with it");
}
