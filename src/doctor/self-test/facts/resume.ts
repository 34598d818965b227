import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "../../../core/event.ts";
import type { EngineName } from "../../../core/request.ts";
import type { Fact } from "../fact.ts";
import { lookCommand } from "../look.ts";
import { oncePerLab } from "../once-per-lab.ts";
import type { SelfTestLab } from "../open-lab.ts";
import { endOf } from "../talk.ts";
import { makeWorkspace } from "./power.ts";

/** A thread that may write in its first turn, and goes on in another process that may not. */
async function resumeWithLess(lab: SelfTestLab, engine: EngineName) {
  const cwd = makeWorkspace(lab, `resume-${engine}`);
  const write = (turn: string) => {
    const path = join(cwd, "open", turn);
    const command = lookCommand(lab.makeDir(`resume-${engine}-${turn}`), { write: { it: path } });
    return { path, mark: lab.model.script([{ run: command }, { say: `Wrote ${turn}.` }]) };
  };
  const first = write("first");
  const before = await lab.talk(cwd, { engines: [engine], power: { write: "scope", scope: ["open"] } });
  const began = await before.turn({ prompt: `Write. ${first.mark}`, model: "gpt-5.5" });
  await before.close();
  const second = write("second");
  const after = await lab.talk(cwd, { engines: [engine], threadId: before.threadId() });
  const went = await after.turn({ prompt: `Write again. ${second.mark}`, model: "gpt-5.5" });
  await after.close();
  return {
    began,
    went,
    wrote: [existsSync(first.path), existsSync(second.path)],
    remembers: JSON.stringify(lab.model.seen(second.mark)[0]?.body.input ?? []).includes("Wrote first."),
  };
}

const resumed = oncePerLab((lab) => resumeWithLess(lab, lab.engines[0] ?? "exec"));
const byExec = oncePerLab((lab) => resumeWithLess(lab, "exec"));

const inputOf = (events: readonly RunEvent[]) => events.findLast((event) => event.type === "usage")?.total.input;

/** What of a thread outlives its process, and the engine that does without the app-server. */
export const RESUME_FACTS: readonly Fact[] = [
  {
    id: "resume.remembers",
    claim: "A thread goes on in another process and remembers what was said.",
    source: "CODEX.md A",
    matters: "told",
    whenNot: "--session can't be used: every run begins with nothing but its own task",
    async probe(lab) {
      const { remembers, went } = await resumed(lab);
      return {
        holds: remembers,
        saw: remembers ? "it does" : `the first turn was not in the request (${endOf(went)})`,
      };
    },
  },
  {
    id: "resume.power",
    claim: "A thread that is resumed has the power that is given then, not the one that it had.",
    source: "CODEX.md A",
    matters: "needed",
    whenNot: "don't use --session with this Codex: a session that may only read could write",
    async probe(lab) {
      const { wrote, began } = await resumed(lab);
      const [first, second] = wrote;
      if (first !== true) return { holds: "unknown", saw: `nothing was written in the first turn (${endOf(began)})` };
      return { holds: second === false, saw: `written, then ${second ? "written although read-only" : "refused"}` };
    },
  },
  {
    id: "exec.events",
    claim: "`codex exec --json` tells the thread, the command, the answer and the end.",
    source: "CODEX.md 2",
    matters: "worked around",
    whenNot: "the engine exec can't be used: where the app-server does not answer, no run is possible",
    async probe(lab) {
      const { began } = await byExec(lab);
      const missing = (["command_ended", "message", "turn_ended"] as const).filter(
        (type) => !began.some((event) => event.type === type),
      );
      return {
        holds: missing.length === 0,
        saw: missing.length === 0 ? endOf(began) : `missing: ${missing.join(", ")}`,
      };
    },
  },
  {
    id: "exec.power",
    claim: "`codex exec resume` takes the sandbox of the new call.",
    source: "CODEX.md surprise 3",
    matters: "told",
    whenNot: "don't combine --engine exec with --session",
    async probe(lab) {
      const [first, second] = (await byExec(lab)).wrote;
      if (first !== true) return { holds: "unknown", saw: "nothing was written in the first turn" };
      return { holds: second === false, saw: `written, then ${second ? "written although read-only" : "refused"}` };
    },
  },
  {
    id: "exec.usage",
    claim: "`codex exec` counts the tokens of one turn alone.",
    source: "CODEX.md surprise 4",
    matters: "worked around",
    whenNot: "it counts the whole thread, so what the session's earlier runs used is taken off",
    async probe(lab) {
      const { began, went } = await byExec(lab);
      const [first, second] = [inputOf(began), inputOf(went)];
      if (first === undefined || second === undefined) return { holds: "unknown", saw: "no tokens were told" };
      return { holds: second <= first, saw: `${first} after the first turn, ${second} after one that used the same` };
    },
  },
];
