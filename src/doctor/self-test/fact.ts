import type { SelfTestLab } from "./open-lab.ts";
import type { MATTERS } from "./result.ts";

export interface Seen {
  holds: boolean | "unknown";
  /** One line. */
  saw: string;
}

/** One thing about Codex that our code stands on, or works around. */
export interface Fact {
  id: string;
  /** One sentence in the present tense: how we would have it. */
  claim: string;
  /** Where it was measured first. */
  source: string;
  /** What ask-codex does where it does not hold. */
  whenNot: string;
  matters: (typeof MATTERS)[number];
  /** Looks at the Codex that is installed. What it throws is a fact that does not hold. */
  probe(lab: SelfTestLab): Promise<Seen>;
}
