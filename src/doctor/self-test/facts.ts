import type { Fact } from "./fact.ts";
import { ERROR_FACTS } from "./facts/errors.ts";
import { HELLO_FACTS } from "./facts/hello.ts";
import { MIDDLE_FACTS } from "./facts/middle.ts";
import { POWER_FACTS } from "./facts/power.ts";
import { RESUME_FACTS } from "./facts/resume.ts";
import { REVIEW_FACTS } from "./facts/review.ts";
import { SANDBOX_FACTS } from "./facts/sandbox.ts";

/** What our code stands on, or works around, in the order in which it is printed. A new fact is an entry in one of these. */
export const FACTS: readonly Fact[] = [
  ...HELLO_FACTS,
  ...POWER_FACTS,
  ...SANDBOX_FACTS,
  ...MIDDLE_FACTS,
  ...RESUME_FACTS,
  ...REVIEW_FACTS,
  ...ERROR_FACTS,
];
