/**
 * Secrets in text, found by shape. Three things hold for every pattern below:
 * - Linear time: no pattern can start again inside a run that it has just walked without a match.
 * - JSON stays JSON: a secret never holds a quote or a backslash, and never begins in the middle of an escape (`\n`).
 * - Text without a secret costs one scan.
 */
interface Rule {
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

/** A token may begin after a JSON escape, a percent code or a colour code, though these end in a letter or a digit. */
const START = String.raw`(?:(?<![\\\w])|(?<=\\[nrtbf]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|\[[0-9;]{0,9}m))`;
const QUOTE = String.raw`\\{0,8}["'\x60]`;
const GAP = String.raw`[ \t]{0,8}`;
const ASSIGN = `(?:${QUOTE})?${GAP}[:=,]${GAP}(?:${QUOTE})?`;
const UPPER_NAME =
  "(?:KEY(?<!(?:PUBLIC|CACHE|PRIMARY|FOREIGN|SORT|PARTITION|QUERY)_KEY)|TOKEN|SECRET|PASS(?:WORD|WD|PHRASE))";
const ANY_NAME =
  `(?:${UPPER_NAME}|[Tt]oken|[Ss]ecret|[Pp]ass(?:word|wd|phrase)|` +
  "(?:[Aa]pi|[Aa]ccess|[Ss]ecret|[Pp]rivate|[Aa]uth|[Ss]igning|[Ee]ncryption|[Mm]aster|[Cc]lient|[Aa]ccount)[_-]?[Kk]ey)";
/** After a quote that in truth closes a JSON string comes one of `,:}]`, so a value that can't begin so is inside a string. */
const QUOTED_VALUE = String.raw`(?<secret>[^\s"'\x60\\,:}\]][^\s"'\x60\\]{11,})`;
const BARE_VALUE = String.raw`(?<secret>[^\s"'\x60\\,;&<>{}[\]|:=][^\s"'\x60\\,;&<>{}[\]|]{11,})`;

const RULES: readonly Rule[] = [
  {
    kind: "private-key",
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g,
    endOf: endOfPrivateKey,
  },
  { kind: "anthropic-key", pattern: new RegExp(`${START}sk-ant-[\\w-]{13,}`, "g"), accept: isRandom },
  { kind: "openai-key", pattern: new RegExp(`${START}sk-[\\w-]{16,}`, "g"), accept: isRandom },
  { kind: "github-token", pattern: /gh[pousr]_\w{36,}(?:\.[\w-]{10,}){0,2}|github_pat_\w{22,}/g },
  { kind: "gitlab-token", pattern: /glpat-[\w-]{20,}(?:\.\w{2,}){0,2}/g },
  { kind: "slack-token", pattern: /xox[abprs]-[A-Za-z0-9-]{10,}/g },
  { kind: "google-key", pattern: /AIza[\w-]{35,}/g },
  { kind: "npm-token", pattern: /(?<!\\)npm_[A-Za-z0-9]{36,}/g },
  { kind: "stripe-key", pattern: /(?<!\\)[rs]k_live_[A-Za-z0-9]{16,}/g },
  { kind: "aws-access-key", pattern: new RegExp(`${START}A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])`, "g") },
  {
    kind: "aws-secret-key",
    pattern: new RegExp(`secret_?access_?key${ASSIGN}(?<secret>[A-Za-z0-9/+]{40,}={0,2})`, "gi"),
    accept: (secret) => classesIn(secret) >= 2,
  },
  {
    kind: "jwt",
    pattern: new RegExp(`(?<!-)${START}eyJ[\\w-]{4,}\\.[\\w-]{4,}\\.[\\w-]{4,}`, "g"),
  },
  {
    kind: "authorization",
    pattern: new RegExp(`authorization${ASSIGN}(?:bearer|basic|token)[ \\t]{1,8}(?<secret>[\\w.~+/=-]{8,})`, "gi"),
    accept: (secret) => !isPlaceholder(secret) && (classesIn(secret) >= 2 || secret.length >= 24),
    sure: (secret) => secret.length >= 16 && !/test|fake|mock/i.test(secret),
  },
  {
    kind: "url-password",
    pattern: /:\/\/[^\s:/?#@"'`\\<>]{0,256}:(?<secret>[^\s/@"'`\\<>]{1,256})(?=@)/g,
    accept: (secret) => !isPlaceholder(secret),
    sure: (secret) => secret.length >= 8 && !/^(?:password|passw0rd|postgres|secret|test)/i.test(secret),
  },
  {
    kind: "assignment",
    pattern: new RegExp(`${ANY_NAME}(?:${QUOTE})?${GAP}[:=]${GAP}${QUOTE}${QUOTED_VALUE}`, "g"),
    accept: isValue,
    sure: () => false,
  },
  {
    kind: "assignment",
    pattern: new RegExp(`${UPPER_NAME}=${BARE_VALUE}`, "g"),
    accept: isValue,
    sure: () => false,
  },
  {
    kind: "assignment",
    pattern: new RegExp(`${ANY_NAME}${GAP}[:=]${GAP}${BARE_VALUE}`, "g"),
    // Without a quote and with blanks it may be code, `token: CancellationToken`: a name without a digit stays.
    accept: (value) => /\d/.test(value) && isValue(value),
    sure: () => false,
  },
];

/** Matches wherever one of the rules can: the one scan that text without secrets costs. */
const CANDIDATE = new RegExp(
  String.raw`sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AIza|npm_|k_live_|A[KS]IA|eyJ|PRIVATE KEY|access_?key|authorization|:\/\/[^\s/@]{0,514}@|` +
    `(?:key|token|secret|password|passwd|passphrase)(?:${QUOTE})?${GAP}[:=]`,
  "i",
);

/**
 * The text with every secret replaced by `[redacted:<kind>]`. Safe to run twice, safe on a serialized JSON line, and
 * the very same string when there is nothing to hide. A key block that spans lines is only seen whole: give the whole text.
 */
export function redact(text: string): string {
  if (!CANDIDATE.test(text)) return text;
  return RULES.reduce((done, rule) => {
    let out = "";
    let from = 0;
    for (const { start, end } of findSecrets(done, rule)) {
      out += `${done.slice(from, start)}[redacted:${rule.kind}]`;
      from = end;
    }
    return from === 0 ? done : out + done.slice(from);
  }, text);
}

/** The kind of the first credential in the text, and only of one that is beyond doubt: a goal is refused for it. */
export function findCredential(text: string): string | undefined {
  if (!CANDIDATE.test(text)) return undefined;
  let first: { kind: string; start: number } | undefined;
  for (const rule of RULES) {
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

/** A block ends with its END line, before the next quote with the backslashes that escape it, or with the text. */
function endOfPrivateKey(text: string, headerEnd: number): number | undefined {
  const stop = /-----END [A-Z0-9 ]{0,60}-----|(?<!\\)\\*["'`]/g;
  stop.lastIndex = headerEnd;
  const match = stop.exec(text);
  const bodyEnd = match?.index ?? text.length;
  if (!/[A-Za-z0-9+/=]{4}/.test(text.slice(headerEnd, bodyEnd))) return undefined;
  return match?.[0].startsWith("-") ? bodyEnd + match[0].length : bodyEnd;
}

const classesIn = (text: string): number => [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(text)).length;

/** A key has a long run of mixed letters and digits; a name with dashes (`sk-loading-indicator-wrapper`) has not. */
function isRandom(key: string): boolean {
  return classesIn(key) >= 2 && /[A-Za-z0-9]{12}/.test(key);
}

function isPlaceholder(value: string): boolean {
  return /^[$<{*]|^%\w+%$|^\[redacted:|\$\{|\{\{|x{4}|\*{3}|\.{3}|your|example|placeholder|change.?me|replace.?me|dummy|process\.env|environ|import\.meta|getenv/i.test(
    value,
  );
}

/** What stands after a secret's name may also be a reference, a call, a path or an address: these stay readable. */
function isValue(value: string): boolean {
  const reference = /^[A-Za-z_$]+(?:\??\.[A-Za-z_$]+)+$|^[\w$.]+\(/;
  const place =
    /^[a-z][a-z0-9+.-]{1,20}:\/\/|^(?:~|\.{1,2})?(?:\/[\w.@-]+)+\/?$|\.(?:pem|key|crt|cer|p12|pfx|pub|json|ya?ml|toml|txt|md|env|[jt]s|py|go|rs|sh)$/i;
  return classesIn(value) >= 2 && !isPlaceholder(value) && !reference.test(value) && !place.test(value);
}
