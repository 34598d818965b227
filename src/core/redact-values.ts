import { classesIn, isPlace, isPlaceholder, isRandom } from "./redact-rule.ts";

/** Shorter ones stand in any text. */
const MIN_CHARS = 8;
const MAX_CHARS = 64 * 1024;
/** A piece of base64 that is shorter may be anybody's. */
const MIN_BASE64 = 10;

const SECRET_NAME =
  /SECRET|TOKEN(?!S|IZ)|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(?:^|_)(?:API|APP|SECRET|ACCESS|PRIVATE|AUTH|MASTER|SIGNING|ENCRYPTION|LICENSE)?KEY(?![A-Z])|(?:^|_)(?:PG|SSH|DB|USER|ROOT|ADMIN|SMTP|MAIL)?PASS(?![A-Z])|(?:^|_)(?:PWD|PAT|PSK|DSN|CREDS|COOKIE|JWT|BEARER|SAS)(?:_|$)|_AUTH$|CONN(?:ECTION)?_?STR(?:ING)?/;
/** What only speaks of a secret: where it lies, how long it lasts, whose it is. */
const NO_SECRET_NAME =
  /^(?:OLD)?PWD$|(?:PUBLIC|CACHE|PRIMARY|FOREIGN|SORT|PARTITION|QUERY|HOST)_?KEY|_(?:FILE|PATH|DIR|HOME|URL|URI|HOST|PORT|NAME|USER|USERNAME|ID|TYPE|MODE|TTL|EXPIRY|EXPIRES|EXPIRATION|AGE|LENGTH|SIZE|LIMIT|BUDGET|COUNT|ALGORITHM|ALG|ENDPOINT|ISSUER|AUDIENCE|SCOPE|SCOPES|BACKEND|PROVIDER|STORE|MANAGER|SERVICE|REGION|VERSION|FORMAT|PREFIX|HEADER|SOCK|TOOL|HELPER|METHOD|COMMAND|CMD|ENABLED|REQUIRED)$/;
/** Names whose value may be letters alone. */
const PASSWORD_NAME = /PASS|PWD|SECRET|TOKEN/;

/** The forms in which secrets come to be written. */
export interface Forms {
  anywhere: string[];
  /** With a quote, as it is: in JSON such a quote would be one that frames a string. */
  inText: string[];
}

/** Every form in which the secrets of an environment may come to be written. */
export function secretForms(env: NodeJS.ProcessEnv): Forms {
  const all = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : secretsIn(name.toUpperCase(), value.trim()).map(formsOf),
  );
  return { anywhere: all.flatMap((forms) => forms.anywhere), inText: all.flatMap((forms) => forms.inText) };
}

/** One pattern for all of them; the longest that begins at a place is taken. */
export const hideForms = (forms: readonly string[]): RegExp =>
  new RegExp(
    forms
      .toSorted((one, two) => (one < two ? 1 : -1))
      .map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
      .join("|"),
    "g",
  );

function secretsIn(name: string, value: string): string[] {
  if (value.length > MAX_CHARS) return [];
  // Whatever it is called, an address may hold a password.
  const password = /^[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/?#@]*:([^\s/@]+)@/i.exec(value)?.[1];
  const inAddress = password !== undefined && password.length >= MIN_CHARS && !isWord(name, password) ? [password] : [];
  if (!SECRET_NAME.test(name) || NO_SECRET_NAME.test(name)) return inAddress;
  const lines = value.includes("\n") ? value.split("\n").map((line) => line.trim()) : [];
  return [
    ...inAddress,
    ...(isSecret(name, value) ? [value] : []),
    // Lines are written one by one, too; what frames a key (-----BEGIN …) is no secret.
    ...lines.filter((line) => line.length >= 2 * MIN_CHARS && !line.startsWith("-----") && isRandom(line)),
  ];
}

function isSecret(name: string, value: string): boolean {
  if (value.length < MIN_CHARS || isWord(name, value) || isPlaceholder(value)) return false;
  // Numbers, dates, versions.
  if (/^[\d.,:+\-TZ ]+$/.test(value)) return false;
  if (/^[A-Za-z]:[\\/]/.test(value)) return false;
  return !isPlace(value) || isRandomPath(value);
}

/** Base64 may begin with a slash. */
const isRandomPath = (value: string): boolean =>
  value.startsWith("/") && value.split("/").some((part) => classesIn(part) === 3 && /[A-Za-z0-9]{16}/.test(part));

/** Plain words, which a text would lose everywhere: `production`, `ssh-agent`. A long one may be a passphrase. */
function isWord(name: string, value: string): boolean {
  if (!/^[A-Za-z]+(?:[-_. ][A-Za-z]+)*$/.test(value)) return false;
  if (!PASSWORD_NAME.test(name)) return true;
  return value.length < 2 * MIN_CHARS && !/[a-z][A-Z]/.test(value);
}

/** A value as it may be written; JSON that holds it stays JSON without it (see Rule). */
function formsOf(value: string): Forms {
  const core = withoutEdges(value);
  if (core.length < MIN_CHARS) return { anywhere: [], inText: [] };
  const once = JSON.stringify(core).slice(1, -1);
  const twice = JSON.stringify(once).slice(1, -1);
  const percent = percentEncoded(core);
  const encoded = [once, twice, percent, lowerCodes(percent), ...base64Forms(value)];
  const isPlain = !core.includes('"');
  return { anywhere: isPlain ? [core, ...encoded] : encoded, inText: isPlain ? [] : [core] };
}

/** A quote or a backslash at an edge could be half of what frames the value. */
function withoutEdges(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && /["\\]/.test(value[start] ?? "")) start++;
  while (end > start && /["\\]/.test(value[end - 1] ?? "")) end--;
  return value.slice(start, end);
}

function percentEncoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a character: nobody can encode it.
    return text;
  }
}

const lowerCodes = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());

/** As a part of something that was encoded: by where it began, a value has one of three forms, whole but for its edges. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  return [0, 1, 2]
    .map((shift) => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
      return text.slice(Math.ceil((8 * shift) / 6), Math.floor((8 * (shift + bytes.length)) / 6));
    })
    .filter((text) => text.length >= MIN_BASE64)
    .flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}
