/** The blocks of lines that fit, from the first on; for the others one line that says how many they are. */
export function fitBlocks(blocks: readonly string[][], maxBytes: number, more: (left: number) => string): string[] {
  const lines: string[] = [];
  const reserve = bytesOf([more(blocks.length), ""]);
  let used = 0;
  for (const [at, block] of blocks.entries()) {
    used += bytesOf(block);
    const isLast = at === blocks.length - 1;
    if (used > maxBytes - (isLast ? 0 : reserve)) return [...lines, more(blocks.length - at), ""];
    lines.push(...block);
  }
  return lines;
}

/** With their line ends. */
export const bytesOf = (lines: readonly string[]): number =>
  lines.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0);
