import type { Io } from "../../cli/define.ts";
import type { Status } from "../../doctor/check.ts";

export interface Symbols {
  marks: Record<Status, string>;
  /** Puts the mark of a status in its colour, where there are colours. */
  paint(status: Status, text: string): string;
}

const MARKS = { ok: "✓", warn: "!", fail: "✗", skipped: "–" } as const;
const PLAIN = { ok: "+", warn: "!", fail: "x", skipped: "-" } as const;
const COLOURS = { ok: 32, warn: 33, fail: 31, skipped: 90 } as const;

/** Signs that this terminal can show: plain ones where the locale is not UTF-8, colours only on a terminal and without NO_COLOR. */
export function symbolsFor({ env, stdout }: Pick<Io, "env" | "stdout">): Symbols {
  const isTerminal = "isTTY" in stdout && stdout.isTTY === true;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  const isPlain =
    (locale !== undefined && locale !== "" && !/utf-?8/i.test(locale)) ||
    /^(?:dumb|linux)$/.test(isTerminal ? (env.TERM ?? "") : "");
  const hasColour = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  return {
    marks: isPlain ? PLAIN : MARKS,
    paint: (status, text) => (hasColour ? `\u001b[${COLOURS[status]}m${text}\u001b[0m` : text),
  };
}
