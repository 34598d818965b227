import type { ChalkInstance } from "chalk";
import * as z from "zod";

const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  name: z.string().optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  content: z.unknown().optional(),
});
const Line = z.looseObject({
  type: z.string(),
  isSynthetic: z.boolean().optional(),
  message: z.looseObject({ content: z.union([z.string(), z.array(Block)]) }).optional(),
});
type Block = z.infer<typeof Block>;

/** What of a tool's input is shown: what it acts on. */
const SHOWN_INPUT = ["command", "skill", "file_path"] as const;

/** A conversation that Claude Code told as stream-json, line for line the way its terminal shows one. */
export function showClaude(paint: ChalkInstance, prompt: string, streamJson: string): string[] {
  const shown = [`${paint.dim(">")} ${paint.bold(prompt)}`];
  for (const text of streamJson.split("\n").filter((line) => line.startsWith("{"))) {
    const line = Line.parse(JSON.parse(text));
    const content = line.message?.content;
    if (content === undefined || typeof content === "string" || line.isSynthetic) continue;
    for (const block of content) shown.push(...showBlock(paint, line.type, block));
  }
  return shown;
}

function showBlock(paint: ChalkInstance, from: string, block: Block): string[] {
  if (from === "assistant" && block.type === "text")
    return ["", ...indent(block.text ?? "", `${paint.bold("●")} `, "  ")];
  if (block.type === "tool_use") {
    const about = SHOWN_INPUT.map((name) => block.input?.[name]).find((value) => typeof value === "string");
    return ["", ...indent(`${paint.bold(block.name ?? "")}(${about ?? ""})`, `${paint.green("●")} `, "  ")];
  }
  if (block.type !== "tool_result") return [];
  return indent(textOf(block.content), `  ${paint.dim("└")} `, "    ").map((line) => paintResult(paint, line));
}

const indent = (text: string, first: string, rest: string): string[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line, at) => (line === "" ? "" : (at === 0 ? first : rest) + line));

/** The text of a tool's result, which is a string or a list of blocks. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return z
    .array(Block)
    .parse(content)
    .map(({ text }) => text ?? "")
    .join("\n");
}

/** The names of ask_codex's lines pale and its verdict to be seen first, as the demo has them; a diff in its colours. */
function paintResult(paint: ChalkInstance, line: string): string {
  const [, before = "", name = "", value = ""] = /^(.*?)\b([a-z_]+=)(\S.*)$/.exec(line) ?? [];
  if (name === "verdict=")
    return before + paint.dim(name) + (value === "done" ? paint.green.bold(value) : paint.red.bold(value));
  if (name !== "" && before.trim().length < 2) return before + paint.dim(name) + value;
  if (/^\s+\[[A-Z_]+\]/.test(line)) return paint.cyan(line);
  if (/^\s+\+(?!\+\+)/.test(line)) return paint.green(line);
  return /^\s+-(?!-| \S)/.test(line) ? paint.red(line) : line;
}
