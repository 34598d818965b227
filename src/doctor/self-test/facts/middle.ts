import { existsSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AskCodexError } from "../../../core/errors.ts";
import { ASK_TOOL } from "../../../engine/app-server/answer-request.ts";
import { missingSandboxDirs } from "../../../run/sandbox-dirs.ts";
import { writeNew } from "../../../sys/files.ts";
import type { Fact, Seen } from "../fact.ts";
import { nodeCommand } from "../look.ts";
import { oncePerLab } from "../once-per-lab.ts";
import type { SelfTestLab } from "../open-lab.ts";
import { endOf } from "../talk.ts";
import { makeWorkspace } from "./power.ts";

const POLL_MS = 20;
/** What is not there by then does not come: a question that the turn does not wait for, a command that beats on. */
const MOMENT_MS = 300;
/** A command that beats this long after its turn was not ended with it. */
const GONE_MS = 2_000;
/** A program of ours ends itself after this, should everything else fail. */
const LIFE_MS = 20_000;

/** A program that writes a sign of life again and again, and goes when it finds a file. */
const BEATING = (beat: string, until: string) => `
const fs = require("node:fs");
const { exit } = require("node:process");
const timer = setInterval(() => {
  fs.appendFileSync(${JSON.stringify(beat)}, ".");
  if (fs.existsSync(${JSON.stringify(until)})) clearInterval(timer);
}, ${POLL_MS});
setTimeout(exit, ${LIFE_MS}).unref();
`;

/** A thread in which a command goes on until it is told to end. */
async function inCommand(lab: SelfTestLab, name: string) {
  const cwd = makeWorkspace(lab, name);
  const left = missingSandboxDirs([cwd, join(cwd, "open")]);
  const [beat, until] = [join(cwd, "open", "beat"), join(cwd, "open", "until")];
  writeNew(join(cwd, "beating.cjs"), BEATING(beat, until));
  const talk = await lab.talk(cwd, { power: { write: "scope", scope: ["open"] } });
  const mark = lab.model.script([{ run: nodeCommand(join(cwd, "beating.cjs")) }, { say: "Done." }]);
  const turn = talk.turn({ prompt: `Run it. ${mark}`, model: "gpt-5.5" });
  let over = false;
  const isOver = () => {
    over = true;
  };
  turn.then(isOver, isOver);
  while (!existsSync(beat) && !over) await sleep(POLL_MS);
  return { cwd, talk, turn, mark, beat, until, left };
}

/** A question of the model's, and a turn that waits for the answer. */
const asked = oncePerLab(async (lab) => {
  const talk = await lab.talk(lab.makeDir("ask"));
  const mark = lab.model.script([{ call: ASK_TOOL.name, args: { question: "Which colour?" } }, { say: "Done." }]);
  const question = talk.next("question");
  const turn = talk.turn({ prompt: `Ask. ${mark}`, model: "gpt-5.5" });
  const first = await Promise.race([question, turn]);
  if (Array.isArray(first)) return { came: false, waited: false, heard: false, end: endOf(first) };
  await sleep(MOMENT_MS);
  const waited = !talk.events.some((event) => event.type === "turn_ended");
  talk.thread.answer(first.callId, "the blue one");
  const end = endOf(await turn);
  await talk.close();
  return { came: true, waited, heard: heard(lab, mark, "the blue one"), end };
});

/** Whether the second request of a script has a text in it. */
const heard = (lab: SelfTestLab, mark: string, text: string): boolean =>
  JSON.stringify(lab.model.seen(mark)[1]?.body.input ?? []).includes(text);

/** A message into a turn whose command goes on; and meanwhile a second Codex that wants the thread. */
const steered = oncePerLab(async (lab) => {
  const { cwd, talk, turn, mark, until } = await inCommand(lab, "steer");
  const taken = await talk.thread.steer("self-test-message", "Mind the time.");
  const second = await takeThread(lab, cwd, talk.threadId());
  writeNew(until, "");
  const events = await turn;
  await talk.close();
  const told = events.some((event) => event.type === "steered");
  return { taken, told, heard: heard(lab, mark, "Mind the time."), second, end: endOf(events) };
});

async function takeThread(lab: SelfTestLab, cwd: string, threadId: string): Promise<Seen> {
  try {
    const other = await lab.talk(cwd, { threadId });
    await other.close();
    return { holds: false, saw: "the second one got the thread" };
  } catch (error) {
    if (error instanceof AskCodexError && error.kind === "refused") return { holds: true, saw: error.message };
    throw error;
  }
}

/** Whether a command still beats a while after the end of its turn. */
async function goesOn(beat: string): Promise<boolean> {
  const deadline = Date.now() + GONE_MS;
  for (let size = statSync(beat).size; Date.now() < deadline; ) {
    await sleep(MOMENT_MS);
    const now = statSync(beat).size;
    if (now === size) return false;
    size = now;
  }
  return true;
}

/** A turn that is interrupted while its command goes on. */
const interrupted = oncePerLab(async (lab) => {
  const { cwd, talk, turn, beat, left } = await inCommand(lab, "interrupt");
  await talk.thread.interrupt();
  const end = endOf(await turn.catch(() => []));
  const beats = await goesOn(beat);
  const dirs = left.filter((path) => existsSync(path)).map((path) => relative(cwd, path));
  await talk.close();
  return { end, beats, dirs };
});

/** What happens in the middle of a turn. */
export const MIDDLE_FACTS: readonly Fact[] = [
  {
    id: "turn.question",
    claim: "The model can ask us, and its turn waits for the answer.",
    source: "CODEX.md A",
    matters: "told",
    whenNot: "a run that has a question ends with it, and the answer begins a new turn",
    async probe(lab) {
      if (lab.engines[0] === "exec") return ONLY_APP_SERVER;
      const { came, waited, heard: got, end } = await asked(lab);
      const saw = came ? `it came, the turn ${waited ? "waited" : "did not wait"}` : `no question came: ${end}`;
      return { holds: came && waited && got, saw: `${saw}${came && !got ? ", the answer got lost" : ""}` };
    },
  },
  {
    id: "turn.steer",
    claim: "A message that is sent into a turn is in the next request to the model.",
    source: "CODEX.md surprise 12",
    matters: "told",
    whenNot: "messages wait for the next turn of the session",
    async probe(lab) {
      if (lab.engines[0] === "exec") return ONLY_APP_SERVER;
      const { taken, heard: got } = await steered(lab);
      return { holds: taken && got, saw: `${taken ? "taken" : "refused"}, ${got ? "heard" : "not heard"}` };
    },
  },
  {
    id: "turn.steered",
    claim: "Codex says when the model has got such a message.",
    source: "CODEX.md surprise 12",
    matters: "worked around",
    whenNot: "a message counts as received when the turn that took it completes",
    async probe(lab) {
      if (lab.engines[0] === "exec") return ONLY_APP_SERVER;
      const { told } = await steered(lab);
      return { holds: told, saw: told ? "it came back with our id" : "nothing came back" };
    },
  },
  {
    id: "thread.locked",
    claim: "A thread that works can't be opened by a second Codex.",
    source: "CODEX.md surprise 19",
    matters: "worked around",
    whenNot: "ask-codex's own lock on the session alone keeps the second one out",
    async probe(lab) {
      if (lab.engines[0] === "exec") return ONLY_APP_SERVER;
      return (await steered(lab)).second;
    },
  },
  {
    id: "interrupt.ends",
    claim: "An interrupt ends the turn.",
    source: "CODEX.md 5",
    matters: "worked around",
    whenNot: "after 1.7 s Codex is ended: its input is closed, then TERM, then KILL",
    async probe(lab) {
      const { end } = await interrupted(lab);
      return { holds: lab.engines[0] === "exec" || end.includes("interrupted"), saw: end };
    },
  },
  {
    id: "interrupt.kills",
    claim: "A command dies with the turn that is interrupted.",
    source: "CODEX.md A and 5",
    matters: "worked around",
    whenNot: "the sweep ends it by its marker; the sweep comes after every turn",
    async probe(lab) {
      const { beats } = await interrupted(lab);
      return { holds: !beats, saw: beats ? `it went on for more than ${GONE_MS / 1000} s` : "it was gone" };
    },
  },
  {
    id: "interrupt.clean",
    claim: "An interrupt leaves nothing behind in the workspace.",
    source: "CODEX.md surprise 17",
    matters: "worked around",
    whenNot: "the empty directories that it leaves are taken away after the turn",
    async probe(lab) {
      const { dirs } = await interrupted(lab);
      return { holds: dirs.length === 0, saw: dirs.length === 0 ? "nothing was left" : `left: ${dirs.join(", ")}` };
    },
  },
];

const ONLY_APP_SERVER: Seen = { holds: "unknown", saw: "runs take the engine exec, which can't" };
