/** Cells of a table, left-aligned, two spaces apart; the last column is as wide as it is. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), []);
  const padded = (cell: string, at: number, row: readonly string[]): string => {
    if (right.includes(at)) return cell.padStart(widths[at] ?? 0);
    return at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0);
  };
  return rows.map((row) => row.map((cell, at) => padded(cell, at, row)).join("  "));
}

/** A count in at most five characters: `950`, `53k`, `1.2M`. */
export function shortCount(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 999_500) return `${count < 9_950 ? (count / 1_000).toFixed(1) : Math.round(count / 1_000)}k`;
  return `${(count / 1_000_000).toFixed(count < 9_950_000 ? 1 : 0)}M`;
}
