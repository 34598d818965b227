import { AskCodexError, messageOf } from "../core/errors.ts";
import { shortLine } from "../core/one-line.ts";
import { redact } from "../core/redact.ts";
import { findCodex } from "../engine/find-codex.ts";
import { insideCodex } from "../gate/inside-codex.mjs";
import { type Check, finding, type Outcome, skipped, type World } from "./check.ts";

/** The outcome of a check with what it is called. */
export interface Checked extends Outcome {
  id: string;
  title: string;
}

const DETAIL_CHARS = 300;
/** The longest that a check can have: its own programs end before that. */
const CHECK_MS = 60_000;

/**
 * Runs checks side by side, each to its own end: one that throws or hangs is a finding and stops no other. No secret
 * is in what they say.
 */
export const runChecks = (checks: readonly Check[], world: World, checkMs = CHECK_MS): Promise<Checked[]> =>
  Promise.all(checks.map(async (check) => describe(check, await runOne(check, world, checkMs))));

async function runOne(check: Check, world: World, checkMs: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const why = `the check was not done after ${checkMs / 1000} s`;
    timer = setTimeout(() => resolve(finding("fail", why)), checkMs);
  });
  try {
    return (check.asksCodex && whyNoCodex(world)) || (await Promise.race([check.run(world), late]));
  } catch (error) {
    const hint = error instanceof AskCodexError ? error.hint : undefined;
    return finding("fail", messageOf(error), hint);
  } finally {
    clearTimeout(timer);
  }
}

function whyNoCodex({ env }: World): Outcome | undefined {
  if (insideCodex(env)) return skipped("not asked: Codex is not started inside Codex");
  try {
    findCodex(env);
    return undefined;
  } catch {
    return skipped("not asked: there is no Codex to ask");
  }
}

function describe({ id, title }: Check, { status, detail, cure, fix }: Outcome): Checked {
  return {
    id,
    title,
    status,
    detail: redact(shortLine(redact(detail), DETAIL_CHARS)),
    ...(cure === undefined ? {} : { cure: redact(cure) }),
    ...(fix === undefined ? {} : { fix }),
  };
}
