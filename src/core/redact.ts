import { NAMED } from "./redact-named.ts";
import { PROVIDERS } from "./redact-providers.ts";
import type { Rule, RuleGroup } from "./redact-rule.ts";
import { hideForms, secretForms } from "./redact-values.ts";

const GROUPS: readonly RuleGroup[] = [...PROVIDERS, ...NAMED];

const ROUNDS = 4;

/** What this process was told to hide, as patterns. */
const hidden = { anywhere: new Set<string>(), inText: new Set<string>() };
let forms: { anywhere?: RegExp; inText?: RegExp } = {};

/**
 * From now on `redact` of this process also hides the values of secret-looking variables of an environment, in the forms
 * in which they come to be written: as they are, escaped as JSON, percent-encoded, in base64.
 */
export function hideValuesOf(env: NodeJS.ProcessEnv): void {
  const { anywhere, inText } = secretForms(env);
  for (const form of anywhere) hidden.anywhere.add(form);
  for (const form of inText) hidden.inText.add(form);
  forms = {
    ...(hidden.anywhere.size > 0 ? { anywhere: hideForms([...hidden.anywhere]) } : {}),
    ...(hidden.inText.size > 0 ? { inText: hideForms([...hidden.inText]) } : {}),
  };
}

/**
 * The text with every secret replaced by `[redacted:<kind>]`. Safe to run twice, safe on a serialized JSON line, and
 * the very same string when there is nothing to hide. A key block that spans lines is only seen whole: give the whole text.
 */
export function redact(text: string): string {
  let done = hideAll(text);
  // What was glued to a secret is only seen as one once that is gone.
  for (let more = 1; more < ROUNDS && done !== text; more++) {
    const before = done;
    done = hideAll(before);
    if (done === before) break;
  }
  return done;
}

/** A value of plain data without its secrets: the same object when there are none. */
export function redactValue<Value extends object>(value: Value): Value {
  const json = JSON.stringify(value);
  const clean = redact(json);
  return clean === json ? value : JSON.parse(clean);
}

function hideAll(text: string): string {
  let done = text;
  if (forms.inText && isIn(forms.inText, done) && !isJson(done)) done = hideValues(done, forms.inText);
  if (forms.anywhere && isIn(forms.anywhere, done)) done = hideValues(done, forms.anywhere);
  for (const { gate, rules } of GROUPS) if (gate.test(done)) done = rules.reduce(hideKind, done);
  return done;
}

function hideKind(text: string, rule: Rule): string {
  let out = "";
  let from = 0;
  for (const { start, end } of findSecrets(text, rule)) {
    out += `${text.slice(from, start)}[redacted:${rule.kind}]`;
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** The kind of the first credential in the text, and only of one that is beyond doubt: a goal is refused for it. */
export function findCredential(text: string): string | undefined {
  let first: { kind: string; start: number } | undefined;
  for (const rule of GROUPS.flatMap(({ gate, rules }) => (gate.test(text) ? rules : []))) {
    for (const { start, end } of findSecrets(text, rule)) {
      if (first !== undefined && start >= first.start) break;
      if (rule.sure && !rule.sure(text.slice(start, end))) continue;
      first = { kind: rule.kind, start };
    }
  }
  return first?.kind;
}

function* findSecrets(text: string, rule: Rule): Generator<{ start: number; end: number }> {
  let from = 0;
  for (const match of text.matchAll(rule.pattern)) {
    if (match.index < from) continue;
    const secret = match.groups?.secret ?? match[0];
    const matchEnd = match.index + match[0].length;
    if (rule.accept && !rule.accept(secret)) continue;
    const end = rule.endOf ? rule.endOf(text, matchEnd) : matchEnd;
    if (end === undefined) continue;
    from = end;
    yield { start: matchEnd - secret.length, end };
  }
}

/** Asked first: `matchAll` makes a pattern of its own at every call. */
const isIn = (pattern: RegExp, text: string): boolean => text.search(pattern) >= 0;

/**
 * A value that begins with the second character of what may be an escape (`\n` and then the rest) takes the backslash
 * along, so that JSON stays JSON.
 */
function hideValues(text: string, forms: RegExp): string {
  let out = "";
  let from = 0;
  for (const match of text.matchAll(forms)) {
    const start = match.index - (/^[bfnrtu/]/.test(match[0]) && isEscaped(text, match.index, from) ? 1 : 0);
    out += `${text.slice(from, start)}[redacted:environment]`;
    from = match.index + match[0].length;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Whether an odd number of backslashes stands before a place; those before `from` are another's. */
function isEscaped(text: string, at: number, from: number): boolean {
  let start = at;
  while (start > from && text[start - 1] === "\\") start--;
  return (at - start) % 2 === 1;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
