import { usageError } from "../../core/errors.ts";
import type { Draft } from "../../packet/draft.ts";
import type { Layer } from "../../packet/effective.ts";
import { parseEntryFile } from "../../packet/parse-entry-file.ts";
import { findRole } from "../../packet/roles/index.ts";
import type { AskFlags } from "./flags.ts";

/** What the command line says, a layer for each option, so that a value can be traced to the word it came from. */
export function flagLayers(flags: AskFlags, goal: string | undefined): Layer[] {
  return [
    ...say("the command line", "goal", goal),
    ...say(flags["read-only"] ? "--read-only" : "--role", "role", roleWord(flags)),
    ...say("--workspace", "workspace", flags.workspace),
    ...say("--file", "files", flags.file?.map(parseEntryFile)),
    ...say("--scope", "scope", flags.scope),
    ...say("--non-goal", "nonGoals", flags["non-goal"]),
    ...say("--verify", "verify", flags.verify),
    ...say("--verify-base", "verifyBase", flags["verify-base"]),
    ...say("--verify-timeout", "verifyTimeoutS", flags["verify-timeout"]),
    ...say("--expect-file", "expectFiles", flags["expect-file"]),
    ...say("--deliverable", "deliverable", flags.deliverable),
    ...say("--allow-dirty-overlap", "allowDirtyOverlap", flags["allow-dirty-overlap"]),
    ...say("--plan", "plan", flags.plan),
    ...say("--task-id", "taskId", flags["task-id"]),
    ...say("--model", "model", flags.model),
    ...say("--reasoning", "reasoning", flags.reasoning),
    ...say("--timeout", "timeoutS", flags.timeout),
    ...say("--idle-timeout", "idleTimeoutS", flags["idle-timeout"]),
    ...say("--max-steps", "maxSteps", flags["max-steps"]),
    ...say("--engine", "engine", flags.engine),
    ...say("--schema", "schema", flags.schema),
    ...say("--output", "output", flags.output),
    ...say("--max-parallel", "maxParallel", flags["max-parallel"]),
    ...say("--quota-gate", "quotaGate", flags["quota-gate"]),
    ...say("--auto-review", "autoReview", flags["auto-review"]),
    ...say("--strict", "strict", flags.strict),
  ];
}

/** A layer of one value; none where nothing was said. */
export function say<Key extends keyof Draft>(source: string, key: Key, value: Draft[Key] | undefined): Layer[] {
  if (value === undefined) return [];
  const draft: Draft = {};
  draft[key] = value;
  return [{ source, draft }];
}

function roleWord(flags: AskFlags): string | undefined {
  if (!flags["read-only"]) return flags.role;
  if (flags.role !== undefined && findRole(flags.role).name !== "scout")
    throw usageError(`--read-only is the role scout, but --role says ${flags.role}`, "give one of them");
  return "scout";
}
