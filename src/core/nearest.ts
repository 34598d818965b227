/** The word that was probably meant: at most two slips away, and less than half of a short one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = simple(word);
  const [best] = known
    .map((one) => ({ one, slips: distance(simple(one), plain) }))
    .sort((one, two) => one.slips - two.slips);
  return best && best.slips <= 2 && best.slips * 2 < plain.length ? best.one : undefined;
}

/** `write-scope`, `writeScope` and `Write_Scope` are the same slip of none. */
const simple = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, "");

/** Edit distance; two letters in the wrong order are one slip. */
function distance(one: string, two: string): number {
  let before: number[] = [];
  let row = Array.from({ length: two.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= two.length; j++) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === two[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && one[i - 1] === two[j - 2] && one[i - 2] === two[j - 1];
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : change;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[two.length] ?? 0;
}
