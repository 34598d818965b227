import * as z from "zod";

const MAX_SECONDS = 86_400;
const SECONDS = "must be a number of seconds, 0 for no limit";
const COUNT = "must be a whole number, 0 for no limit";

/** What goes to Codex as it is must at least be a word. */
export const word = z.string("must be one word").regex(/^[\w][\w./:@-]*$/, "must be one word");

/** 0 means no limit. A day is the longest: beyond it a slip is likelier than a wish. */
export const seconds = z.number(SECONDS).min(0, SECONDS).max(MAX_SECONDS, "must be at most 86400 seconds (a day)");

/** Seconds as a command line and an environment write them: `90`, `1.5`. */
export const secondsText = z
  .string(SECONDS)
  .regex(/^\d+(\.\d+)?$/, SECONDS)
  .transform(Number)
  .pipe(seconds);

/** A number of things, 0 for no limit. */
export const count = z.int(COUNT).min(0, COUNT).max(999_999, "must be at most 999999");

/** A count as text. */
export const countText = z
  .string(COUNT)
  .regex(/^\d{1,6}$/, COUNT)
  .transform(Number);

const PERCENT = "must be a percentage from 1 to 100";

/** A share of a quota. */
export const percent = z.number(PERCENT).min(1, PERCENT).max(100, PERCENT);

/** The same as text: `85`. */
export const percentText = z
  .string(PERCENT)
  .regex(/^\d{1,3}(\.\d+)?$/, PERCENT)
  .transform(Number)
  .pipe(percent);

/** A path is taken as it is, but for what no file system allows. */
export const path = z
  .string("must be a path")
  .min(1, "must be a path")
  .refine((text) => !text.includes("\0"), "must not have a NUL character");
