import { pathToFileURL } from "node:url";
import type { ArtifactLocation, Invocation, Log, Notification, ReportingDescriptor, Result } from "sarif";
import { oneLine } from "../core/one-line.ts";
import { type Finding, type ReviewResult, SEVERITIES, type Severity } from "../core/review.ts";
import { plainLines } from "./plain-lines.ts";

const LEVEL = { critical: "error", high: "error", medium: "warning", low: "note" } as const;
const RANK: Record<Severity, number> = { critical: 95, high: 75, medium: 50, low: 20 };
const ROOT = "WORKSPACE";
const FINGERPRINT = "askCodexFinding/v1";

const RULES: ReportingDescriptor[] = SEVERITIES.map((severity) => ({
  id: `review/${severity}`,
  name: `Review${severity[0]?.toUpperCase()}${severity.slice(1)}`,
  shortDescription: { text: `A finding of a code review, ${severity}` },
  defaultConfiguration: { level: LEVEL[severity], rank: RANK[severity] },
}));

/** The review as SARIF 2.1.0, for tools; a review that is no whole one is an invocation that did not succeed. */
export function toSarif(result: ReviewResult, version: string): Log {
  const { findings, fixed, branch } = result;
  const about = [result.kind, encodeURIComponent(branch ?? "detached"), result.review_id].join("/");
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "ask-codex", version, rules: RULES } },
        automationDetails: { id: `codex_review/${about}` },
        originalUriBaseIds: { [ROOT]: { uri: `${pathToFileURL(result.workspace).href.replace(/\/$/, "")}/` } },
        columnKind: "utf16CodeUnits",
        invocations: [toInvocation(result)],
        results: [...findings.map(toResult), ...fixed.map(toAbsent)],
        properties: { review: result.review, verdict: result.verdict, reviewId: result.review_id },
      },
    ],
  };
}

function toInvocation({
  review,
  exit_code: exitCode,
  shards,
  omitted,
  started_at,
  ended_at,
}: ReviewResult): Invocation {
  const unread = shards
    .filter((shard) => shard.review !== "parsed")
    .map((shard): Notification => ({ level: "error", message: { text: oneLine(`${shard.run_id}: ${shard.reason}`) } }));
  const leftOut = omitted.map(({ file, why }): Notification => {
    const locations = [{ physicalLocation: { artifactLocation: artifact(file) } }];
    return { level: "warning", message: { text: oneLine(`not looked at: ${why}`) }, locations };
  });
  return {
    executionSuccessful: exitCode === 0 && (review === "approve" || review === "findings"),
    exitCode,
    startTimeUtc: started_at,
    endTimeUtc: ended_at,
    toolExecutionNotifications: [...unread, ...leftOut],
  };
}

function toResult(finding: Finding): Result {
  const { severity, id, state, file, line, end_line: end, waived, place, run_id: runId, note } = finding;
  const region = line === null ? {} : { region: { startLine: line, endLine: end ?? line } };
  return {
    ruleId: `review/${severity}`,
    ruleIndex: SEVERITIES.indexOf(severity),
    level: LEVEL[severity],
    rank: RANK[severity],
    message: { text: textOf(finding) },
    locations: file === null ? [] : [{ physicalLocation: { artifactLocation: artifact(file), ...region } }],
    partialFingerprints: { [FINGERPRINT]: id },
    baselineState: state === "new" ? "new" : "unchanged",
    suppressions:
      state === "waived"
        ? [{ kind: "external", status: "accepted", justification: plainLines(waived ?? "").join("\n") }]
        : [],
    properties: { severity, state, place, runId, ...(note === undefined ? {} : { note: oneLine(note) }) },
  };
}

/** What an earlier review found and this one looked for in vain; how bad it was does not matter any more. */
const toAbsent = ({ id, file, claim }: ReviewResult["fixed"][number]): Result => ({
  ruleId: "review/low",
  ruleIndex: SEVERITIES.indexOf("low"),
  kind: "pass",
  level: "none",
  message: { text: plainLines(claim).join("\n").trim() || id },
  locations: file === null ? [] : [{ physicalLocation: { artifactLocation: artifact(file) } }],
  partialFingerprints: { [FINGERPRINT]: id },
  baselineState: "absent",
  properties: { state: "fixed" },
});

function textOf({ id, claim, evidence, suggestion }: Finding): string {
  const parts = [claim, evidence, suggestion.trim() === "" ? "" : `Suggestion:\n${suggestion}`];
  const said = parts.map((text) => plainLines(text).join("\n").trim()).filter((text) => text !== "");
  return said.join("\n\n") || id;
}

/** Relative to the workspace, percent-encoded part by part: a file name may hold anything. */
function artifact(file: string): ArtifactLocation {
  const uri = file.split("/").map((part) => encodeURIComponent(part.replaceAll(/\p{Cs}/gu, "\ufffd")));
  return { uri: uri.join("/"), uriBaseId: ROOT };
}
