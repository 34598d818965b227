import { listDir } from "./record.ts";

/** The numbers of the files `<n>.json` in a directory, from the lowest on; whatever else lies there is nobody's. */
export function numbersIn(dir: string): number[] {
  return listDir(dir)
    .flatMap((name) => (NUMBERED.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((one, two) => one - two);
}

const NUMBERED = /^[1-9]\d{0,14}\.json$/;

/** The highest of them, 0 where there is none. */
export const latestNumber = (dir: string): number => numbersIn(dir).at(-1) ?? 0;
