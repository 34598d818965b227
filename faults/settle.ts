import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { RunRequest } from "../src/core/request.ts";
import { isAlive } from "../src/sys/owner.ts";
import { brokerOf, type Seen } from "../test/kit/live.ts";
import { accountFor, type Ran } from "./account-for.ts";
import type { Fault } from "./cases.ts";
import { look, objectIn } from "./check-readers.ts";
import { hold } from "./outcome.ts";
import type { Point } from "./point.ts";
import { messagesIn, readRecord, type Stage } from "./stage.ts";
import { trueVerdicts } from "./tell-truth.ts";

const hasEnded = (seen: Seen) => seen.status === "stopped" || seen.status === "lost";
const isBusy = (seen: Seen) => seen.status === "queued" || seen.status === "running";

/** Brings the injured session to its good end: resumed where its broker is gone, its queue done, one more message too. */
export async function settle(stage: Stage, fault: Fault): Promise<void> {
  stage.step = "bringing the session back";
  stage.letGo();
  const before = await look(stage);
  if (hasEnded(before)) await resume(stage, before);
  else if (fault === "kill-codex") await refuseResume(stage);
  await finishQueue(stage);
  stage.step = "one more message";
  const sent = await stage.send("the last word");
  hold(sent.code === 0, "send exits with 0", `${sent.code}: ${sent.stdout}${sent.stderr}`);
  const seen = await finishQueue(stage);
  hold(seen.status === "waiting_input" && seen.last_verdict === "done", "waiting_input after a run that is done", seen);
  if (before.session_id !== null && stage.wasSpoken)
    hold(seen.session_id === before.session_id, `the thread ${before.session_id}`, seen.session_id);
}

async function resume(stage: Stage, before: Seen): Promise<void> {
  stage.step = "resume";
  const resumed = objectIn(await stage.broker("resume", "--json", stage.brokerId));
  hold(resumed.broker_id === stage.brokerId, `the session ${stage.brokerId}`, resumed);
  if (before.session_id !== null && stage.wasSpoken)
    hold(resumed.session_id === before.session_id, `the thread ${before.session_id}`, resumed);
  hold(resumed.status !== "stopped" && resumed.status !== "lost", "a session that lives", resumed);
}

/** A session whose broker lives is not to be had twice. */
async function refuseResume(stage: Stage): Promise<void> {
  stage.step = "resume of a session that lives";
  const refused = await stage.broker("resume", stage.brokerId);
  hold(refused.code === 75, "exit code 75", `${refused.code}: ${refused.stdout}${refused.stderr}`);
}

/** Waits until nothing of the queue is left, answering what is asked. */
async function finishQueue(stage: Stage): Promise<Seen> {
  stage.step = "going on with the queue";
  let seen: Seen | undefined;
  const isDone = async () => {
    seen = await look(stage);
    hold(!hasEnded(seen), "a session that lives", seen);
    if (seen.question !== null) await stage.broker("answer", stage.brokerId, "this one");
    else if (isBusy(seen)) await stage.broker("wait", "--quiet", "--timeout", "20", stage.brokerId);
    return !isBusy(seen) && seen.question === null && seen.queue_depth === 0;
  };
  await stage.until("a queue that is done", isDone, { found: () => seen });
  hold(seen !== undefined, "a status", seen);
  return seen;
}

/** What the records say of the whole session when everything is done. */
export function checkRecords(stage: Stage, point: Point, fault: Fault): void {
  stage.step = "the records of the session";
  const messages = messagesIn(stage);
  const requests = runIdsOf(stage).map((runId) => requestOf(stage, runId));
  const ran: Ran[] = requests.map(({ runId }) => ({
    runId,
    verdict: stage.lab.receipt(runId).verdict,
    sent: wasSent(stage, runId),
  }));
  const conversations = stage.lab.model.requests.map(({ body }) =>
    body.input
      .filter((item) => item.type === "message" && item.role === "user")
      .map((item) => (item.content ?? []).map((part) => part.text ?? "").join("")),
  );
  const wrong = accountFor({
    said: stage.said,
    messages,
    runs: ran,
    conversations,
    stopped: point.stops ?? false,
  });
  hold(wrong.length === 0, "every message exactly once", wrong.join("; "));

  const first = requests[0];
  for (const request of requests) {
    hold(isDeepStrictEqual(request.power, first?.power), "the power of the first run", request.power);
    const profile = profileOf(stage, request.runId);
    if (wasSent(stage, request.runId)) hold(profile !== undefined, "an event that names the profile", request.runId);
  }
  for (const run of ran) checkVerdict(stage, run);
  stage.step = "the files of the record";
  for (const path of filesOf(stage)) hold(isWhole(path), `a whole file in ${path}`, readFileSync(path, "utf8"));
  stage.step = "the verdict of the run that was injured";
  const verdicts = trueVerdicts(fault, point);
  // A run that was given up before it began has no record.
  if (readRecord(stage, "request.json") !== "") {
    const { verdict, reason } = stage.lab.receipt(stage.runId);
    hold(verdicts.includes(verdict), verdicts.join(" or "), `${verdict}: ${reason}`);
  }
  const { codex_process: codex } = brokerOf(stage.lab, stage.brokerId);
  hold(codex !== null && isAlive(codex), "a Codex that lives in the broker's record", codex);
}

const filesOf = ({ lab }: Stage): string[] =>
  readdirSync(lab.home, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(lab.home, name));

function isWhole(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, "utf8"));
    return true;
  } catch {
    return false;
  }
}

/** A verdict is true: done with a turn that completed, killed without one. */
function checkVerdict(stage: Stage, { runId, verdict }: Ran): void {
  const completed = /"turn_ended","status":"completed"/.test(readRecord(stage, "events.jsonl", runId));
  if (verdict === "done") hold(completed, `a completed turn in ${runId}, which is done`, "none");
  if (verdict === "killed") hold(!completed, `no completed turn in ${runId}, which is ${verdict}`, "one");
}

const requestOf = (stage: Stage, runId: string): RunRequest =>
  RunRequest.parse(JSON.parse(readFileSync(join(stage.lab.recordDir(runId), "request.json"), "utf8")));

const runIdsOf = (stage: Stage): string[] => [...new Set(messagesIn(stage).flatMap(({ run_id }) => run_id ?? []))];

/** Whether Codex was given the run's prompt, as the record has it. */
const wasSent = (stage: Stage, runId: string): boolean => /"sent": ?true/.test(readRecord(stage, "status.json", runId));

const profileOf = (stage: Stage, runId: string): string | undefined =>
  /"type":"thread"[^\n]*"profile":"([^"]+)"/.exec(readRecord(stage, "events.jsonl", runId))?.[1];
