import { ROOT } from "../kit/lab.ts";

/** What differs from one recording of a run to the next, and what stands in its place. */
const CHANGING: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "00000000-0000-7000-8000-000000000000"],
  [/\br-\d{8}-\d{6}-[a-z0-9]{4}\b/g, "r-20260101-000000-aaaa"],
  [/\b127\.0\.0\.1:\d+/g, "127.0.0.1:9"],
  [/"(emittedAtMs|startedAtMs|completedAtMs|startedAt|completedAt|durationMs)":\d+/g, '"$1":0'],
  [/"processId":"\d+"/g, '"processId":"1"'],
  [/\b(in|after) \d+(?:\.\d+)?(ms|s)\b/g, "$1 0$2"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{4,9}Z/g, "2026-01-01T00:00:00.000Z"],
  [/\b\d+ ms\b/g, "0 ms"],
  [/\bpid \d+/g, "pid 1"],
  [/(bash: line \d+:) +\d+ (Killed|Terminated|Segmentation|Aborted)/g, "$1 1 $2"],
];

/** The text of a run without ids, times, ports and the paths of its lab. */
export function normalise(text: string, dir: string): string {
  const placed = text.replaceAll(dir, "/lab").replaceAll(ROOT, "/ask-codex");
  return CHANGING.reduce((done, [pattern, instead]) => done.replace(pattern, instead), placed);
}

/** The two ends of a text that is too long. */
export function bounded(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return `${text.slice(0, chars / 2)}\n[… ${text.length - chars} characters …]\n${text.slice(-chars / 2)}`;
}
