import type { Power } from "../core/policy.ts";
import { shownPath } from "./shown-path.ts";

const OFF =
  "The network is off, and connections to localhost may fail too. A command that needs it fails for that reason.";

/** What Codex may do, so that it need not find out by failing; true also where no sandbox holds it to that. */
export function powerLines(power: Power, git: boolean): string[] {
  return [writeLine(power, git), power.network ? "The network is on." : OFF];
}

function writeLine(power: Power, git: boolean): string {
  const closed = git ? " Leave `.git` as it is: do not commit." : "";
  const also = ["$TMPDIR", ...(power.tmp ? ["/tmp"] : []), ...power.writable.map(shownPath)];
  switch (power.write) {
    case "none":
      return `You may write nothing but ${listed(also)}. Where a command fails because it has to write elsewhere, say so, and do not work around it.`;
    case "scope":
      return `You may write ${listed(["what the write scope names", ...also])}, nothing else.${closed}`;
    case "workspace":
      return `You may write ${listed(["the workspace", ...also])}, nothing else.${closed}`;
    case "everything":
      return "You can write everything this user can. Keep to what the goal needs, and do not commit.";
  }
}

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): string {
  const head = names.slice(0, -1).join(", ");
  return head === "" ? names.join("") : `${head} and ${names.at(-1)}`;
}
