import type { ReviewKind, Severity } from "../../core/review.ts";
import { type ReviewGateSaid, readSettings } from "../../packet/settings.ts";
import { settingsPaths } from "../../packet/settings-paths.ts";

/** How the gate looks at a turn. */
export interface GateSettings {
  /** Findings that are less severe hold nobody up. */
  severity: Severity;
  kind: ReviewKind;
  /** Reviews of one turn. */
  rounds: number;
  timeoutS: number;
  /** What the reviews of one session may cost together; 0 = no limit. */
  tokens: number;
}

const DEFAULTS: GateSettings = { severity: "medium", kind: "native", rounds: 3, timeoutS: 300, tokens: 500_000 };

/**
 * The gate of a workspace, or undefined where it is off. The project's file stands over the user's but for the budget,
 * which it can only lower: a repository must not be able to spend more of the user's quota than the user said.
 */
export async function readGateSettings(workspace: string, home: string): Promise<GateSettings | undefined> {
  const { project, user } = settingsPaths(workspace, home);
  return mergeGate((await readSettings(project))?.reviewGate, (await readSettings(user))?.reviewGate);
}

/** Pure. */
export function mergeGate(
  project: ReviewGateSaid | undefined,
  user: ReviewGateSaid | undefined,
): GateSettings | undefined {
  if (!(project?.on ?? user?.on)) return undefined;
  const budgets = [project?.tokens, user?.tokens ?? DEFAULTS.tokens].filter((tokens) => tokens !== undefined);
  const limits = budgets.filter((tokens) => tokens > 0);
  return {
    severity: project?.severity ?? user?.severity ?? DEFAULTS.severity,
    kind: project?.kind ?? user?.kind ?? DEFAULTS.kind,
    rounds: project?.rounds ?? user?.rounds ?? DEFAULTS.rounds,
    timeoutS: project?.timeout ?? user?.timeout ?? DEFAULTS.timeoutS,
    tokens: limits.length === 0 ? 0 : Math.min(...limits),
  };
}
