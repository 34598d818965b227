import { classesIn, isPlaceholder, isRandom, isValue, type RuleGroup } from "./redact-rule.ts";

const QUOTE = String.raw`\\{0,8}["'\x60]`;
const GAP = String.raw`[ \t]{0,8}`;
const ASSIGN = `(?:${QUOTE})?${GAP}[:=,]${GAP}(?:${QUOTE})?`;
const UPPER_NAME =
  "(?:KEY(?<!(?:PUBLIC|CACHE|PRIMARY|FOREIGN|SORT|PARTITION|QUERY)_KEY)|TOKEN|SECRET|PASS(?:WORD|WD|PHRASE))";
const SURE_NAME =
  `(?:${UPPER_NAME}|[Ss]ecret|[Pp]ass(?:word|wd|phrase)|` +
  "(?:[Aa]pi|[Aa]ccess|[Ss]ecret|[Pp]rivate|[Aa]uth|[Ss]igning|[Ee]ncryption|[Mm]aster|[Cc]lient|[Aa]ccount)[_-]?[Kk]ey)";
/** A token is a word of parsers, too: `token = "TemplateHead"`. */
const TOKEN_NAME = "[Tt]oken";
const ANY_NAME = `(?:${SURE_NAME}|${TOKEN_NAME})`;
/** After a quote that in truth closes a JSON string comes one of `,:}]`, so a value that can't begin so is inside a string. */
const QUOTED_VALUE = String.raw`(?<secret>[^\s"'\x60\\,:}\]][^\s"'\x60\\]{11,})`;
const BARE_VALUE = String.raw`(?<secret>[^\s"'\x60\\,;&<>{}[\]|:=][^\s"'\x60\\,;&<>{}[\]|]{11,})`;

const hasDigit = (value: string): boolean => /\d/.test(value) && isValue(value);

/** Secrets that are known by what stands before them. */
export const NAMED: readonly RuleGroup[] = [
  {
    gate: /access_?key|authorization|:\/\/[^\s/@]{0,514}@/i,
    rules: [
      {
        kind: "aws-secret-key",
        pattern: new RegExp(`secret_?access_?key${ASSIGN}(?<secret>[A-Za-z0-9/+]{40,}={0,2})`, "gi"),
        accept: (secret) => classesIn(secret) >= 2,
      },
      {
        kind: "authorization",
        pattern: new RegExp(
          `authorization${ASSIGN}(?:bearer|basic|token|bot|apikey|digest|negotiate|key)[ \\t]{1,8}(?<secret>[\\w.~+/=-]{8,})`,
          "gi",
        ),
        accept: (secret) => !isPlaceholder(secret) && (classesIn(secret) >= 2 || secret.length >= 24),
        sure: (secret) => secret.length >= 16 && !/test|fake|mock/i.test(secret),
      },
      {
        // Without a scheme, as some services take their key.
        kind: "authorization",
        pattern: new RegExp(`authorization${ASSIGN}(?<secret>[\\w.~+/=-]{16,})`, "gi"),
        accept: (secret) => /\d/.test(secret) && isRandom(secret) && isValue(secret),
        sure: () => false,
      },
      {
        kind: "url-password",
        pattern: /:\/\/[^\s:/?#@"'`\\<>]{0,256}:(?<secret>[^\s/@"'`\\<>]{1,256})(?=@)/g,
        accept: (secret) => !isPlaceholder(secret),
        sure: (secret) => secret.length >= 8 && !/^(?:password|passw0rd|postgres|secret|test)/i.test(secret),
      },
    ],
  },
  {
    gate: new RegExp(`(?:key|token|secret|password|passwd|passphrase|pwd)(?:${QUOTE})?${GAP}[:=]`, "i"),
    rules: [
      // Connection strings: `Server=db;User Id=app;Password=…`, `host=db user=app password=…`.
      {
        kind: "connection-string",
        pattern:
          /(?:;[ ]?(?:password|pwd)|(?:host|user|dbname|port|sslmode)=[^\s"'`\\=;]{1,128} {1,4}password)=(?<secret>[^\s"'`\\;]{6,128})/gi,
        accept: (secret) =>
          !isPlaceholder(secret) && /\d/.test(secret) && classesIn(secret) >= 2 && !/[()[\]]|^\w+\./.test(secret),
        sure: () => false,
      },
      {
        kind: "assignment",
        pattern: new RegExp(`${SURE_NAME}(?:${QUOTE})?${GAP}[:=]${GAP}${QUOTE}${QUOTED_VALUE}`, "g"),
        accept: isValue,
        sure: () => false,
      },
      {
        kind: "assignment",
        pattern: new RegExp(`${TOKEN_NAME}(?:${QUOTE})?${GAP}[:=]${GAP}${QUOTE}${QUOTED_VALUE}`, "g"),
        accept: hasDigit,
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
        accept: hasDigit,
        sure: () => false,
      },
    ],
  },
];
