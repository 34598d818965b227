import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { RunEvent } from "../../../core/event.ts";
import type { Fact, Seen } from "../fact.ts";
import { oncePerLab } from "../once-per-lab.ts";
import type { SelfTestLab } from "../open-lab.ts";
import { endOf } from "../talk.ts";

const SCHEMA = {
  type: "object",
  properties: { answer: { type: "string" } },
  required: ["answer"],
  additionalProperties: false,
};
const ANSWER = '{"answer":"yes"}';

const Asked = z.looseObject({
  reasoning: z.looseObject({ effort: z.unknown() }).nullish(),
  text: z.looseObject({ format: z.looseObject({ schema: z.unknown() }).nullish() }).nullish(),
});

/** The first thread and two turns in it, with everything that a turn can be given. */
export const hello = oncePerLab(async (lab) => {
  const cwd = lab.makeDir("hello");
  const config = () => readFileSync(join(lab.env.CODEX_HOME ?? "", "config.toml"), "utf8");
  const before = config();
  const talk = await lab.talk(cwd, { power: { write: "workspace" } });
  lab.engines = [talk.thread.engine];
  const mark = lab.model.script([{ say: ANSWER, usage: { input: 100, output: 10 } }]);
  const first = await talk.turn({ prompt: `Say yes. ${mark}`, reasoning: "low", schema: SCHEMA, model: "gpt-5.5" });
  const next = lab.model.script([{ say: "Again.", usage: { input: 100, output: 10 } }]);
  const second = await talk.turn({ prompt: `Say it again. ${next}`, model: "gpt-5.5" });
  const closed = await talk.close();
  const { engine, degraded } = talk.thread;
  const asked = Asked.parse(lab.model.seen(mark)[0]?.body ?? {});
  return { engine, degraded, fallback: talk.fallback, first, second, closed, asked, config: [before, config()] };
});

const messages = (events: readonly RunEvent[]) =>
  events.filter((event) => event.type === "message").map((event) => event.text);

/** Reads a fact from that talk. */
const fromHello =
  (read: (seen: Awaited<ReturnType<typeof hello>>) => Seen) =>
  async (lab: SelfTestLab): Promise<Seen> =>
    read(await hello(lab));

/** What every run begins with. */
export const HELLO_FACTS: readonly Fact[] = [
  {
    id: "engine.turn",
    claim: "One of our engines opens a thread and a turn in it ends with the model's answer.",
    source: "CODEX.md 2 and 5",
    matters: "needed",
    whenNot: "no run is possible: it ends as fatal, before a model is asked",
    probe: fromHello(({ engine, first }) => ({
      holds: messages(first).includes(ANSWER),
      saw: `engine ${engine}: ${endOf(first)}`,
    })),
  },
  {
    id: "engine.app-server",
    claim: "`codex app-server` answers `initialize` and opens a thread.",
    source: "CODEX.md 5",
    matters: "worked around",
    whenNot: "runs take the engine exec: no questions, no messages into a turn, no typed errors",
    probe: fromHello(({ engine, fallback }) => ({
      holds: engine === "app-server",
      saw: fallback ?? "it does; runs take the engine app-server",
    })),
  },
  {
    id: "engine.closes",
    claim: "Codex goes by itself once its input is closed.",
    source: "CODEX.md 5",
    matters: "worked around",
    whenNot: "it is ended: TERM, then KILL, then a sweep by the run's marker",
    probe: fromHello(({ closed }) => ({ holds: closed, saw: closed ? "it went" : "it was still there after 2 s" })),
  },
  {
    id: "profile.taken",
    claim: "The thread takes our permission profile and reports it back.",
    source: "CODEX.md A",
    matters: "worked around",
    whenNot:
      "the strictest sandbox mode that fits stands in, the audit alone holds the scope, and receipts say policy=degraded",
    probe: fromHello(({ degraded, engine }) => ({
      holds: degraded === undefined,
      saw: degraded ?? `it does, by ${engine}`,
    })),
  },
  {
    id: "turn.effort",
    claim: "The reasoning effort of a turn reaches the model.",
    source: "CODEX.md 5",
    matters: "told",
    whenNot: "--reasoning has no effect with this Codex",
    probe: fromHello(({ asked }) => ({
      holds: asked.reasoning?.effort === "low",
      saw: `asked for low, sent ${JSON.stringify(asked.reasoning?.effort ?? null)}`,
    })),
  },
  {
    id: "turn.schema",
    claim: "The schema of a turn's answer reaches the model.",
    source: "CODEX.md 3",
    matters: "worked around",
    whenNot: "every answer is held against the schema by ask-codex itself anyway; more of them will miss it",
    probe: fromHello(({ asked }) => {
      const sent = asked.text?.format?.schema;
      return { holds: isDeepStrictEqual(sent, SCHEMA), saw: sent ? "a schema was sent" : "no schema was sent" };
    }),
  },
  {
    id: "turn.usage",
    claim: "Codex counts the tokens of one turn alone.",
    source: "CODEX.md surprise 4",
    matters: "worked around",
    whenNot: "it counts the whole thread, so what it counted before the turn is taken off",
    probe: fromHello(({ second }) => {
      const usage = second.findLast((event) => event.type === "usage");
      if (usage === undefined) return { holds: "unknown", saw: "no tokens were told" };
      return { holds: usage.total.input <= 100, saw: `${usage.total.input} after two turns of 100` };
    }),
  },
  {
    id: "config.kept",
    claim: "Our threads leave Codex's config.toml as it is.",
    source: "CODEX.md surprise 5",
    matters: "told",
    whenNot: "it notes there that the workspace is trusted; look into config.toml after a run",
    probe: fromHello(({ config: [before, after] }) => ({
      holds: before === after,
      saw:
        before === after ? "unchanged" : `changed: ${after?.split("\n").find((line) => !before?.includes(line)) ?? ""}`,
    })),
  },
];
