import { type Command, optionsOf } from "./define.ts";

const WIDTH = 96;

/** The help of a command, from the same record that parses it. */
export function renderHelp(command: Command, self: (script: string) => string): string {
  const options = optionsOf(command.flags).map(([name, meta]) => {
    const short = meta.short ? `-${meta.short}, ` : "    ";
    return [
      `  ${short}--${name}${meta.value ? (meta.bare ? `[=${meta.value}]` : ` ${meta.value}`) : ""}`,
      meta.help + (meta.repeat ? " (repeatable)" : ""),
    ] as const;
  });
  const indent = Math.min(30, Math.max(...options.map(([left]) => left.length)) + 2);
  const rows = options.flatMap(([left, help]) => {
    const lines = wrap(help, WIDTH - indent);
    const first = left.length < indent ? [left.padEnd(indent) + (lines.shift() ?? "")] : [left];
    return [...first, ...lines.map((line) => " ".repeat(indent) + line)];
  });
  return [
    command.summary,
    "",
    "Usage",
    ...command.usage.map((line) => `  ${line}`),
    "",
    "Options",
    ...rows,
    "",
    "Examples",
    ...command.examples.flatMap(([line, what]) => [`  # ${what}`, `  ${line}`]),
    "",
    `${command.name} stands for: ${self(command.name)}`,
    "",
  ].join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
