import { expect, it } from "vitest";
import { resetOfText } from "../../../src/run/reset-of-text.ts";

const NOW = new Date(2026, 10, 21, 18, 28, 13);

it.each<[text: string, time: Date | null]>([
  ["7:28 PM", new Date(2026, 10, 21, 19, 29)],
  ["12:05 AM", new Date(2026, 10, 21, 0, 6)],
  ["12:59 PM", new Date(2026, 10, 21, 13, 0)],
  ["11:59 PM", new Date(2026, 10, 22, 0, 0)],
  ["Jan 15th, 2027 8:00 AM", new Date(2027, 0, 15, 8, 1)],
  ["Dec 1st, 2026 12:00 AM", new Date(2026, 11, 1, 0, 1)],
  ["Dec 22nd, 2026 10:30 PM", new Date(2026, 11, 22, 22, 31)],
  ["Dec 23rd, 2026 1:30 PM", new Date(2026, 11, 23, 13, 31)],
  ["Foo 23rd, 2026 1:30 PM", null],
  ["tomorrow", null],
  ["19:28", null],
  ["", null],
])("%j is %s", (text, time) => {
  expect(resetOfText(text, NOW)).toEqual(time);
});
