/** One judged run: what is true, and what was said. */
export interface Judged {
  expected: string;
  said: string;
}

/** A confusion matrix as text: a row for each truth, a column for each word that was said, a dot for none. */
export function drawMatrix(title: string, judged: readonly Judged[]): string {
  const truths = inOrder(judged.map(({ expected }) => expected));
  const words = inOrder(judged.map(({ said }) => said));
  const count = (expected: string, said: string) =>
    judged.filter((one) => one.expected === expected && one.said === said).length;
  const width = Math.max(8, ...truths.map((truth) => truth.length)) + 2;
  const columns = words.map((word) => Math.max(word.length, 3) + 2);
  const head = ["expected".padEnd(width), ...words.map((word, at) => word.padStart(columns[at] ?? 0))].join("");
  const rows = truths.map((truth) =>
    [
      truth.padEnd(width),
      ...words.map((word, at) => String(count(truth, word) || "·").padStart(columns[at] ?? 0)),
    ].join(""),
  );
  return [title, head, ...rows].join("\n");
}

const inOrder = (words: readonly string[]): string[] => [...new Set(words)].sort();

/** `12 of 20 (60.0 %)`. */
export const share = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;
