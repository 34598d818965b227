import type { AuditChange, PolicyRecord } from "../core/policy.ts";
import type { ChangedFile } from "../core/record.ts";
import type { RunRequest } from "../core/request.ts";
import type { CheckedTurn } from "./checked-turn.ts";
import type { Evidence } from "./decide-verdict.ts";
import { verificationFinding } from "./verification-finding.ts";

/** What decides of a turn that is over. */
export const evidenceOf = (
  request: RunRequest,
  {
    watch,
    stop,
    failure,
    policy,
    verification,
  }: Pick<CheckedTurn, "watch" | "stop" | "failure" | "policy" | "verification">,
): Evidence => ({
  turn: watch.state(),
  stop,
  failure,
  // A review answers in JSON, and so without a Status line.
  schema: request.schema !== undefined || request.review !== undefined,
  outOfScope: policy.out_of_scope.map(toChangedFile),
  unaudited: blindSpot(request, policy),
  checked: verificationFinding(verification),
});

/** Why nobody can say whether the scope was kept; without a scope there is nothing that only the audit holds. */
export function blindSpot({ power }: RunRequest, policy: PolicyRecord): string | undefined {
  return power.scope.length > 0 && policy.status === "unknown" ? policy.not_covered.join("; ") : undefined;
}

export const toChangedFile = ({ path, change, from }: AuditChange): ChangedFile => ({
  path,
  change,
  ...(from === undefined ? {} : { from }),
});
