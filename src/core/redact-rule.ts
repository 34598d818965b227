/**
 * A kind of secret in text, found by its shape. Three things hold for every rule:
 * - Linear time: no pattern can start again inside a run that it has just walked without a match.
 * - JSON stays JSON: a secret never holds a quote or a backslash, and never begins in the middle of an escape (`\n`).
 * - Text without a secret costs a few scans for what its group begins with, and nothing else.
 */
export interface Rule {
  kind: string;
  /** The group `secret`, always the last thing of a match, is what goes; without the group, the whole match. */
  pattern: RegExp;
  /** Whether what has the shape is a secret. */
  accept?: (secret: string) => boolean;
  /** Whether it is sure enough to refuse a goal for; absent: yes. */
  sure?: (secret: string) => boolean;
  /** Where the secret ends, for one that a pattern can't hold; undefined: it is none. */
  endOf?: (text: string, end: number) => number | undefined;
}

/** Rules with what shows, in one quick scan, that none of them can match. */
export interface RuleGroup {
  gate: RegExp;
  rules: readonly Rule[];
}

/** A token may begin after a JSON escape, a percent code or a colour code, though these end in a letter or a digit. */
export const START = String.raw`(?:(?<![\\\w])|(?<=\\[nrtbf]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|\[[0-9;]{0,9}m))`;

export const classesIn = (text: string): number => [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(text)).length;

/** A key has a long run of mixed letters and digits; a name with dashes (`sk-loading-indicator-wrapper`) has not. */
export const isRandom = (key: string): boolean => classesIn(key) >= 2 && /[A-Za-z0-9]{12}/.test(key);

export function isPlaceholder(value: string): boolean {
  return /^[$<{*]|^%\w+%$|^\[redacted:|\$\{|\{\{|x{4}|\*{3}|\.{3}|your|example|placeholder|change.?me|replace.?me|dummy|process\.env|environ|import\.meta|getenv/i.test(
    value,
  );
}

/** A file, a directory or an address, by what it looks like. */
export const isPlace = (value: string): boolean =>
  /^[a-z][a-z0-9+.-]{1,20}:\/\/|^(?:~|\.{1,2})?(?:\/[\w.@-]+)+\/?$|\.(?:pem|key|crt|cer|p12|pfx|pub|json|ya?ml|toml|txt|md|env|[jt]s|py|go|rs|sh)$/i.test(
    value,
  );

/** What stands after a secret's name may also be a reference, a call, a path or an address: these stay readable. */
export function isValue(value: string): boolean {
  const reference = /^[A-Za-z_$]+\d{0,2}(?:\??\.[A-Za-z_$]+\d{0,2})+$|^[\w$.]+\(/;
  return classesIn(value) >= 2 && !isPlaceholder(value) && !reference.test(value) && !isPlace(value);
}
