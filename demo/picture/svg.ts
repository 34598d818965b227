import type { Span } from "./ansi.ts";

const FONT_PX = 13;
const CHAR_PX = 7.83;
const LINE_PX = 18;
const PADDING_PX = 20;
const BAR_PX = 34;

/** What sets off the output of a command; drawn as one line from row to row, which no font does. */
const MARGIN = "│";

/** No font comes with the picture: whatever the reader has for code. */
const FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

/** The terminal is dark on every page; its pale border keeps it apart from a page that is dark too. */
const STYLE = `
  text { font: ${FONT_PX}px ${FONTS}; fill: #d6dde6; white-space: pre; }
  .bold { font-weight: 600; fill: #f0f6fc; }
  .dim { fill: #8b949e; }
  .red { fill: #ff7b72; }
  .green { fill: #7ee787; }
  .cyan { fill: #79c0ff; }
`;

/** Draws lines as a terminal window. */
export function drawTerminal(lines: readonly Span[][], options: { columns: number; title: string }): string {
  const width = Math.ceil(options.columns * CHAR_PX) + 2 * PADDING_PX;
  const height = BAR_PX + lines.length * LINE_PX + 2 * PADDING_PX - 6;
  const title = escapeXml(options.title);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${STYLE}</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="#0d1117" stroke="#3d444d"/>
<path d="M0.5 ${BAR_PX}.5H${width - 0.5}" stroke="#2a313a"/>
${["#ff5f57", "#febc2e", "#28c840"].map((colour, at) => `<circle cx="${20 + at * 20}" cy="17" r="6" fill="${colour}"/>`).join("\n")}
${lines.map(drawLine).join("")}</svg>
`;
}

function drawLine(spans: readonly Span[], at: number): string {
  const top = BAR_PX + PADDING_PX + at * LINE_PX - 3;
  const [first, ...others] = spans;
  const margin =
    first?.text === MARGIN ? `<path d="M${PADDING_PX + 3.5} ${top - 1}v${LINE_PX}" stroke="#3d444d"/>` : "";
  const shown = margin !== "" && first ? [{ ...first, text: " " }, ...others] : spans;
  if (shown.every((span) => span.text.trim() === "")) return margin;
  return `${margin}<text x="${PADDING_PX}" y="${top + FONT_PX}" xml:space="preserve">${shown.map(drawSpan).join("")}</text>\n`;
}

function drawSpan({ text, colour, bold, dim }: Span): string {
  // The last class of the sheet wins: a colour is stronger than pale, and pale stronger than bold.
  const classes = [bold && "bold", dim && "dim", colour].filter((name) => typeof name === "string");
  return classes.length === 0 ? escapeXml(text) : `<tspan class="${classes.join(" ")}">${escapeXml(text)}</tspan>`;
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
