import * as z from "zod";
import type { AskCodexError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { fault, quoted } from "./fault.ts";
import type { FrontMatter } from "./front-matter.ts";
import { count, countText, percent, percentText, seconds, secondsText } from "./values.ts";
import { saysNone } from "./verification-lines.ts";

/** What a value is not. */
export const TEXT = "must be text; put it in quotes";
/** What is wrong with a value, as the end of a sentence that begins with its key. */
export const saying = (message: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === null ? "is empty" : message),
});

/** Text as YAML gives it; `true`, `12` and a date are none, and an empty value is a slip. */
export const text = z.string(saying(TEXT)).refine((value) => value.trim() !== "", "is empty");

/** A list, or one text with an entry a line. */
export const list = z.union(
  [
    text.transform((lines) => lines.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]))),
    z.array(text.transform((entry) => entry.trim())),
  ],
  saying("must be text or a list of texts; put a text that YAML reads as something else in quotes"),
);

/** A list of `none` alone is there and empty. */
export const unlessNone = (texts: string[] | undefined): string[] | undefined =>
  texts?.length === 1 && saysNone(texts[0] ?? "") ? [] : texts;

/** YAML's true and false, and the words that people write for them. */
export const yesNo = z.union(
  [
    z.boolean(),
    z
      .string()
      .regex(/^(yes|no|true|false|on|off)$/i)
      .transform((word) => /^(yes|true|on)$/i.test(word)),
  ],
  saying("must be yes or no"),
);

/** Seconds and counts may be numbers of YAML or stand in quotes. */
export const yamlSeconds = z.union(
  [seconds, secondsText],
  saying("must be a number of seconds, at most 86400; 0 for no limit"),
);
export const yamlCount = z.union([count, countText], saying("must be a whole number up to 999999; 0 for no limit"));
export const yamlPercent = z.union([percent, percentText], saying("must be a percentage from 1 to 100"));

/**
 * Front matter against its schema. A key that does not exist is refused with its line, and so is one that would give
 * more power: a file that lies in a repository must not be able to.
 */
export function parseKeys<Keys extends z.ZodObject>(input: {
  front: FrontMatter;
  path: string;
  keys: Keys;
  /** Of what it would be a key: "a packet". */
  what: string;
  /** Keys with a refusal of their own. */
  refused: Readonly<Record<string, string>>;
}): z.infer<Keys> {
  const { front, path, keys, what, refused } = input;
  for (const key of Object.keys(front.data)) {
    const line = front.lineOf(key);
    if (Object.hasOwn(refused, key))
      throw fault(path, line, `${key} ${refused[key]}`, "give it as an option, or leave it out");
    if (!Object.hasOwn(keys.shape, key)) throw unknownKey(path, line, key, Object.keys(keys.shape), what);
  }
  const parsed = keys.safeParse(front.data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const [key, inner] = (issue?.path ?? []).map(String);
  if (issue?.code === "unrecognized_keys") {
    const name = issue.keys[0] ?? "";
    throw unknownKey(path, front.lineOf(key ?? "", name), name, namesBelow(keys, key), `${key} in ${what}`);
  }
  const name = inner === undefined || /^\d+$/.test(inner) ? key : `${key}.${inner}`;
  throw fault(path, front.lineOf(key ?? "", inner), `${name} ${issue?.message ?? "is not usable"}`);
}

function unknownKey(path: string, line: number, key: string, known: readonly string[], what: string): AskCodexError {
  const near = nearest(key, known);
  return fault(
    path,
    line,
    `there is no key ${quoted(key)} in ${what}`,
    near ? `did you mean ${near}?` : `the keys are ${known.join(", ")}`,
  );
}

function namesBelow(keys: z.ZodObject, key: string | undefined): string[] {
  const below = key === undefined ? undefined : keys.shape[key];
  const outer = below instanceof z.ZodOptional ? below.unwrap() : below;
  const inner = outer instanceof z.ZodUnion ? outer.options.find((option) => option instanceof z.ZodObject) : outer;
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}
