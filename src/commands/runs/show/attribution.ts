import { dirname } from "node:path";
import { latestBroker } from "../../../broker/store/broker-record.ts";
import { oneLine } from "../../../core/one-line.ts";
import type { Receipt, RunStatus } from "../../../core/record.ts";
import type { QuotaFinding, RunRequest } from "../../../core/request.ts";
import { readRequest } from "../../../run/record.ts";
import { attempt } from "../../../sys/files.ts";
import { homeOfRecord } from "../../../sys/paths.ts";
import { minuteOf, waitingText } from "../list/waiting-text.ts";
import type { Target } from "../target.ts";

/** The keys by which a second start finds the run, or the live session that it belongs to. */
export interface Keys {
  key?: string;
  session_key?: string;
}

/** Of a record that is not whole what can be read; a run without a key has none. */
export function keysOf({ dir }: Target, known?: RunRequest): Keys {
  const request = known ?? attempt(() => readRequest(dir));
  const ref = request && {
    home: homeOfRecord(dir),
    workspaceKeyDir: dirname(dirname(dir)),
    brokerId: request.brokerId,
  };
  const sessionKey = ref && attempt(() => latestBroker(ref)?.record.key);
  return {
    ...(request?.key === undefined ? {} : { key: request.key }),
    ...(sessionKey ? { session_key: sessionKey } : {}),
  };
}

const UNKNOWN = "unknown";

/** Who did the work, and what went on around it: the lines of a run that has ended. */
export function attributionLines(receipt: Receipt, keys: Keys): string[] {
  const { review, notifications } = receipt;
  return [
    `role=${receipt.role}`,
    `model=${oneLine(receipt.model ?? UNKNOWN)}`,
    // Without one of ours it is Codex's own.
    `reasoning=${oneLine(receipt.reasoning ?? "default")}`,
    `codex_version=${oneLine(receipt.engine.codex_version ?? UNKNOWN)}`,
    ...keyLines(keys),
    ...(receipt.quota ? [quotaLine(receipt.quota)] : []),
    ...(review ? [`first_turn=${review.verdict}`] : []),
    ...(notifications ? [notificationLine(notifications)] : []),
  ];
}

/** The same of a run that goes on. */
export function liveLines(request: RunRequest, status: RunStatus, keys: Keys): string[] {
  const { model, reasoning, quota } = request;
  return [
    ...(model === undefined ? [] : [`model=${oneLine(model)}`]),
    ...(reasoning === undefined ? [] : [`reasoning=${oneLine(reasoning)}`]),
    ...keyLines(keys),
    ...(quota ? [quotaLine(quota)] : []),
    ...(status.waiting ? [`waiting=${oneLine(waitingText(status.waiting))}`] : []),
  ];
}

const keyLines = ({ key, session_key: sessionKey }: Keys): string[] => [
  ...(key === undefined ? [] : [`key=${oneLine(key)}`]),
  ...(sessionKey === undefined ? [] : [`session_key=${oneLine(sessionKey)}`]),
];

function quotaLine({ known, window, used_percent: used, resets_at: resets, forced }: QuotaFinding): string {
  if (!known) return `quota=${UNKNOWN}`;
  const parts = [window, used === null ? null : `${used}%`, resets === null ? null : `resets ${minuteOf(resets)}`];
  return `quota=${[...parts, forced ? "forced" : null].filter((part) => part !== null).join(" ")}`;
}

function notificationLine({ sent, failed, pending }: NonNullable<Receipt["notifications"]>): string {
  const [first] = failed;
  const why = first === undefined ? "" : ` (${first.channel}, ${first.event}: ${first.reason})`;
  return oneLine(`notifications=sent:${sent} failed:${failed.length}${why}${pending ? " pending" : ""}`);
}
