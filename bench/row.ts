import { median, quantile } from "./statistics.ts";

/** One line of the table, ready to print. */
export interface Row {
  name: string;
  ours: string;
  theirs: string;
  /** The ratio with the quartiles of its pairs, or the value. */
  value: string;
  goal: string;
  met: "yes" | "no" | "";
}

export interface Pair {
  oursMs: number;
  theirsMs: number;
}

/** The row of a comparison: medians of both sides, and the median of the pairs' ratios, which drift of the machine can't move. */
export function ratioRow(name: string, pairs: readonly Pair[], goal?: number): Row {
  const ratios = pairs.map((pair) => pair.oursMs / pair.theirsMs);
  const ratio = median(ratios);
  const spread = pairs.length > 1 ? ` (${quantile(ratios, 0.25).toFixed(2)}–${quantile(ratios, 0.75).toFixed(2)})` : "";
  return {
    name,
    ours: showMs(median(pairs.map((pair) => pair.oursMs))),
    theirs: showMs(median(pairs.map((pair) => pair.theirsMs))),
    value: `${ratio.toFixed(2)} ×${spread}`,
    goal: goal === undefined ? "" : `≤ ${goal.toFixed(2)} ×`,
    met: goal === undefined ? "" : ratio <= goal ? "yes" : "no",
  };
}

/** The row of what something adds: the median of the pairs' differences. */
export function differenceRow(name: string, pairs: readonly Pair[], goalMs: number): Row {
  const added = pairs.map((pair) => pair.oursMs - pair.theirsMs);
  const between = pairs.length > 1 ? ` (${quantile(added, 0.25).toFixed(0)}–${quantile(added, 0.75).toFixed(0)})` : "";
  return {
    name,
    ours: showMs(median(pairs.map((pair) => pair.oursMs))),
    theirs: showMs(median(pairs.map((pair) => pair.theirsMs))),
    value: `+${median(added).toFixed(0)} ms${between}`,
    goal: `≤ ${goalMs} ms`,
    met: median(added) <= goalMs ? "yes" : "no",
  };
}

/** The row of a peak; undefined where the system does not tell it. */
export function memoryRow(name: string, peakMiB: number | undefined, goalMiB: number): Row {
  return { ...valueRow(name, showMiB(peakMiB)), goal: `≤ ${goalMiB} MiB`, met: isMet(peakMiB, goalMiB) };
}

/** What processes have resident: each page counted whole, and as the part that is theirs alone. */
export interface Resident {
  rssMiB: number;
  pssMiB: number;
}

export const residentRow = (name: string, resident: Resident | undefined): Row =>
  valueRow(name, resident && `RSS ${showMiB(resident.rssMiB)}, PSS ${showMiB(resident.pssMiB)}`);

/** The row of what became of a size with time. */
export function growthRow(name: string, first: number | undefined, last: number | undefined, goalMiB?: number): Row {
  const grown = first === undefined || last === undefined ? undefined : last - first;
  const sign = grown !== undefined && grown >= 0 ? "+" : "";
  return {
    ...valueRow(
      name,
      grown === undefined ? undefined : `${sign}${grown.toFixed(1)} MiB (${showMiB(first)} → ${showMiB(last)})`,
    ),
    goal: goalMiB === undefined ? "" : `≤ ${goalMiB} MiB`,
    met: goalMiB === undefined ? "" : isMet(grown, goalMiB),
  };
}

/** The row of a time that is compared with nothing. */
export function timeRow(name: string, times: readonly number[]): Row {
  const between = `${quantile(times, 0.25).toFixed(0)}–${quantile(times, 0.75).toFixed(0)}`;
  return valueRow(name, `${showMs(median(times))} (${between})`);
}

const valueRow = (name: string, value: string | undefined): Row => ({
  name,
  ours: "",
  theirs: "",
  value: value ?? "not measured: no /proc here",
  goal: "",
  met: "",
});

const isMet = (value: number | undefined, goal: number): Row["met"] =>
  value === undefined ? "" : value <= goal ? "yes" : "no";

const showMiB = (miB: number | undefined): string | undefined =>
  miB === undefined ? undefined : `${miB.toFixed(0)} MiB`;
const showMs = (ms: number): string => (ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`);
