import { messageOf } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { redact } from "../../core/redact.ts";
import type { Checked } from "../../doctor/run-checks.ts";

/** A fix that was tried: what it did, or why it did not. */
export interface Fixed {
  id: string;
  says: string;
  ok: boolean;
  did: string;
}

/** Does one fix after the other in the order of the table, each said before it is done; one that fails stops no other. */
export async function applyFixes(checks: readonly Checked[], say: (line: string) => void): Promise<Fixed[]> {
  const fixes: Fixed[] = [];
  for (const { id, fix } of checks) {
    if (fix === undefined) continue;
    const says = redact(oneLine(fix.says));
    say(`fix: ${says}`);
    const { ok, did } = await carryOut(fix.run);
    say(`  ${ok ? "done" : "not done"}: ${did}`);
    fixes.push({ id, says, ok, did });
  }
  return fixes;
}

async function carryOut(run: () => string | Promise<string>): Promise<{ ok: boolean; did: string }> {
  try {
    return { ok: true, did: redact(oneLine(await run())) };
  } catch (error) {
    return { ok: false, did: redact(oneLine(messageOf(error))) };
  }
}
