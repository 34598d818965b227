/** A piece of a line that looks the same all through. */
export interface Span {
  text: string;
  colour: "red" | "green" | "cyan" | undefined;
  bold: boolean;
  dim: boolean;
}

type Style = Omit<Span, "text">;

const PLAIN: Style = { colour: undefined, bold: false, dim: false };

/** What the demo uses of the colour codes of a terminal; any other one is an error, so that none is lost unseen. */
const CODES: Readonly<Record<string, Partial<Style>>> = {
  "0": PLAIN,
  "1": { bold: true },
  "2": { dim: true },
  "22": { bold: false, dim: false },
  "31": { colour: "red" },
  "32": { colour: "green" },
  "36": { colour: "cyan" },
  "39": { colour: undefined },
};

/** Turns text with colour codes into lines of spans; a line over `columns` goes on in the next, as on a terminal. */
export function parseAnsi(text: string, columns: number): Span[][] {
  let style = PLAIN;
  return text.split("\n").flatMap((line) => {
    const spans: Span[] = [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what a colour code begins with
    for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      const codes = /^\x1b\[([\d;]*)m$/.exec(part)?.[1];
      if (codes !== undefined) style = codes.split(";").reduce(change, style);
      else if (part !== "") spans.push({ text: part, ...style });
    }
    return wrap(spans, columns);
  });
}

function change(style: Style, code: string): Style {
  const known = CODES[code];
  if (known === undefined) throw new Error(`the colour code ${code} is not known to the picture`);
  return { ...style, ...known };
}

function wrap(spans: readonly Span[], columns: number): Span[][] {
  const lines: Span[][] = [[]];
  let used = 0;
  for (const span of spans) {
    let rest = [...span.text];
    while (rest.length > 0) {
      if (used === columns) {
        lines.push([]);
        used = 0;
      }
      const head = rest.slice(0, columns - used);
      rest = rest.slice(head.length);
      used += head.length;
      lines.at(-1)?.push({ ...span, text: head.join("") });
    }
  }
  return lines;
}
