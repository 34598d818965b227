import type { Fact } from "../fact.ts";
import { oncePerLab } from "../once-per-lab.ts";
import { endOf } from "../talk.ts";
import { makeWorkspace } from "./power.ts";

const FINDINGS = JSON.stringify({
  findings: [],
  overall_correctness: "patch is correct",
  overall_explanation: "Nothing to say.",
  overall_confidence_score: 0.5,
});

/** Codex's own reviewer, pointed at words of ours. */
const reviewed = oncePerLab(async (lab) => {
  const talk = await lab.talk(makeWorkspace(lab, "review"), { reviewing: true });
  const mark = lab.model.script([{ say: FINDINGS }]);
  const review = { type: "custom", instructions: `Review nothing. ${mark}` } as const;
  const events = await talk.turn({ prompt: `Review nothing. ${mark}`, review, model: "gpt-5.5" });
  await talk.close();
  const warned = events.find((event) => event.type === "warning" && /review\/start/.test(event.message));
  const said = events.flatMap((event) => (event.type === "message" ? [event.text] : []));
  const counted = events.some((event) => event.type === "usage" && event.total.input > 0);
  return { warned: warned?.type === "warning" ? warned.message : undefined, said, counted, end: endOf(events) };
});

/** Codex's own reviewer. */
export const REVIEW_FACTS: readonly Fact[] = [
  {
    id: "review.native",
    claim: "Codex's own reviewer can be started and gives its findings as JSON.",
    source: "CODEX.md 5",
    matters: "worked around",
    whenNot:
      "use codex_review --adversarial, an ordinary turn with a schema; without review/start it is taken by itself",
    async probe(lab) {
      if (lab.engines[0] === "exec")
        return { holds: false, saw: "runs take the engine exec, which has no raw findings" };
      const { warned, said, end } = await reviewed(lab);
      if (warned !== undefined) return { holds: false, saw: warned };
      const raw = said.includes(FINDINGS);
      return { holds: raw, saw: `${raw ? "raw findings" : "no raw findings"}, ${end}` };
    },
  },
  {
    id: "review.tokens",
    claim: "A review of Codex's own reviewer tells its tokens.",
    source: "CODEX.md 5",
    matters: "told",
    whenNot: "the tokens of such a review are not counted",
    async probe(lab) {
      if (lab.engines[0] === "exec") return { holds: "unknown", saw: "runs take the engine exec" };
      const { counted } = await reviewed(lab);
      return { holds: counted, saw: counted ? "it does" : "no tokens were told" };
    },
  },
];
