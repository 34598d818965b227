import { describe, expect, it } from "vitest";
import { findCredential, redact } from "../../src/core/redact.ts";

/** Fakes are put together here, so that no scanner takes this file for a leak. */
const mix = (length: number): string => "aB3dE5gH7jK9mN2pQ4".repeat(20).slice(0, length);
const upper = (length: number): string => "QX7ZK2WM9RT4".repeat(10).slice(0, length);
const BEGIN = "-----BEGIN ";
const pem = (name: string, newline = "\n", end = true): string =>
  [`${BEGIN}${name}-----`, mix(64), mix(40), ...(end ? [`-----END ${name}-----`] : [])].join(newline);
const JWT = `eyJ${mix(20)}.eyJ${mix(30)}.${mix(43)}`;
const AWS_SECRET = `${mix(20)}/${mix(19)}`;

interface Positive {
  name: string;
  text: string;
  secret: string;
  kind: string;
  /** False where the shape alone must not refuse a goal. */
  refuses?: false;
}
const token = (kind: string, secret: string, name: string = kind): Positive => ({
  name,
  kind,
  secret,
  text: `use ${secret} here`,
});
const assigned = (text: string, secret: string): Positive => ({
  name: text.slice(0, 24),
  kind: "assignment",
  secret,
  text,
  refuses: false,
});

const POSITIVES: Positive[] = [
  token("openai-key", `sk-${mix(48)}`),
  token("openai-key", `sk-proj-${mix(30)}_${mix(20)}-${mix(20)}`, "openai project key"),
  token("openai-key", `sk-${"abcdefghijklmnopqrst"}12345`, "openai key of two classes"),
  token("anthropic-key", `sk-ant-api03-${mix(60)}-${mix(20)}_AA`),
  ...["ghp", "gho", "ghu", "ghs", "ghr"].map((prefix) => token("github-token", `${prefix}_${mix(36)}`, prefix)),
  token("github-token", `github_pat_${mix(22)}_${mix(59)}`, "fine-grained github token"),
  token("aws-access-key", `AKIA${upper(16)}`),
  token("aws-access-key", `ASIA${upper(16)}`, "temporary aws key"),
  { name: "aws secret", kind: "aws-secret-key", secret: AWS_SECRET, text: `aws_secret_access_key = ${AWS_SECRET}` },
  {
    name: "aws secret, JSON",
    kind: "aws-secret-key",
    secret: AWS_SECRET,
    text: `{"SecretAccessKey": "${AWS_SECRET}"}`,
  },
  ...["xoxa", "xoxb", "xoxp", "xoxr"].map((prefix) => token("slack-token", `${prefix}-1234567890-${mix(24)}`, prefix)),
  token("google-key", `AIza${mix(35)}`),
  token("gitlab-token", `glpat-${mix(20)}`),
  token("npm-token", `npm_${mix(36)}`),
  token("stripe-key", `sk_live_${mix(24)}`),
  token("stripe-key", `rk_live_${mix(24)}`, "stripe restricted key"),
  token("jwt", JWT),
  ...["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"].map((name) =>
    token("private-key", pem(name), name),
  ),
  token("private-key", pem("EC PRIVATE KEY", "\\n"), "private key with escaped newlines"),
  {
    name: "unterminated key",
    kind: "private-key",
    secret: pem("PRIVATE KEY", "\n", false),
    text: `log: ${pem("PRIVATE KEY", "\n", false)}`,
  },
  {
    name: "key in quotes",
    kind: "private-key",
    secret: pem("PRIVATE KEY", "\\n", false),
    text: `{"key":"${pem("PRIVATE KEY", "\\n", false)}","n":1}`,
  },
  { name: "Bearer", kind: "authorization", secret: mix(24), text: `Authorization: Bearer ${mix(24)}` },
  {
    name: "Basic",
    kind: "authorization",
    secret: "dXNlcjpwYXNzd29yZDE=",
    text: `-H "authorization: basic dXNlcjpwYXNzd29yZDE="`,
  },
  { name: "header as JSON", kind: "authorization", secret: mix(24), text: `{"Authorization":"Bearer ${mix(24)}"}` },
  { name: "header as a pair", kind: "authorization", secret: mix(24), text: `["Authorization", "Bearer ${mix(24)}"]` },
  {
    name: "URL",
    kind: "url-password",
    secret: "hunter2hunter2",
    text: "postgres://app:hunter2hunter2@db.internal:5432/app",
  },
  {
    name: "URL without a user",
    kind: "url-password",
    secret: "hunter2hunter2",
    text: "redis://:hunter2hunter2@cache/0",
  },
  {
    name: "URL of an example",
    kind: "url-password",
    secret: "passw0rd",
    text: "https://user:passw0rd@host/",
    refuses: false,
  },
  assigned(`API_KEY=${mix(16)}`, mix(16)),
  assigned(`export DB_PASSWORD="${mix(14)}"`, mix(14)),
  assigned("DB_PASSWORD=CorrectHorseBattery", "CorrectHorseBattery"),
  assigned(`STRIPE_SECRET: '${mix(20)}'`, mix(20)),
  assigned(`{"access_token": "${mix(20)}"}`, mix(20)),
  assigned(`{\\"clientSecret\\":\\"${mix(20)}\\"}`, mix(20)),
  assigned(`x-api-key: ${mix(20)}`, mix(20)),
  assigned(`apiKey = "${mix(20)}"`, mix(20)),
  assigned(`//registry.npmjs.org/:_authToken=${mix(20)}`, mix(20)),
  assigned(`https://x.example.org/cb?access_token=${mix(20)}&state=1`, mix(20)),
  { name: "after a colour", kind: "github-token", secret: `ghp_${mix(36)}`, text: `\u001b[32mghp_${mix(36)}\u001b[0m` },
  { name: "sk- after a colour", kind: "openai-key", secret: `sk-${mix(40)}`, text: `\u001b[32msk-${mix(40)}` },
  { name: "after a percent code", kind: "openai-key", secret: `sk-${mix(40)}`, text: `?k%3Dsk-${mix(40)}&x=1` },
  { name: "on its own line", kind: "npm-token", secret: `npm_${mix(36)}`, text: `one\nnpm_${mix(36)}\ntwo` },
];

const NEGATIVES: [string, string][] = [
  ["git SHA", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8"],
  ["UUID", "session 01a1fc85-5a4b-7c3d-9e2f-1234567890ab"],
  ["prompt_cache_key", '{"prompt_cache_key":"01a1fc85-5a4b-7c3d-9e2f-1234567890ab"}'],
  ["max_tokens", "max_tokens=4096"],
  ["token counts", '{"total_tokens":123456789012,"token_count":{"input":53435}}'],
  ["a number after a key", '{"CACHE_TOKEN":1.2345678901234e+21,"SECRET":12345678901234}'],
  ["numbers between strings", '["TOKEN=",1234567890.5e12,"x"]'],
  ["base64 image", `data:image/png;base64,iVBORw0KGgoAAAANSUhEUg${mix(200)}==`],
  ["a file path", "SSH_KEY=/home/dev/.ssh/id_ed25519_Work"],
  ["a relative file path", 'TLS_KEY="./certs/Server01.pem"'],
  ["plain path", "src/components/UserAuth.tsx:120"],
  ["variable reference", "API_KEY=$PRODUCTION_API_KEY_2"],
  ["reference with a default", `TOKEN="\${GITHUB_TOKEN:-none1}"`],
  ["CI reference", `TOKEN: \${{ secrets.NPM_TOKEN_2 }}`],
  ["property", "apiKey: process.env.OPENAI_API_KEY2,"],
  ["dotted name", "SECRET = config.auth.sessionSecret"],
  ["call", "TOKEN=loadTokenFrom2ndStore(path)"],
  ["type annotation", "token: CancellationTokenSource"],
  ["comparison", 'if (token === "Abcdefgh12345") return'],
  ["placeholder", "OPENAI_API_KEY=YOUR_API_KEY_1234"],
  ["x placeholder", "API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxx"],
  ["angle placeholder", "Authorization: Bearer <Your-Token-123>"],
  ["variable in a header", 'curl -H "Authorization: Bearer $TOKEN_12345"'],
  ["prose on headers", "Authorization: Basic authentication is used"],
  ["short value", "TOKEN=abc123"],
  ["one class", "PASSWORD=correcthorsebattery"],
  ["public key name", `PUBLIC_KEY=${mix(30)}`],
  ["monkey", `monkey = "${mix(20)}"`],
  ["empty, then the next line", `API_KEY=\nDATABASE_NAME2x=${"orders"}`],
  ["css class", 'class="sk-loading-indicator-wrapper-large"'],
  ["task-", "task-abcdefgh12345678ijkl"],
  ["risk-", "risk-Assessment2024Report1"],
  ["npm variable", "npm_config_registry_and_more_settings_here_too"],
  ["AKIA in a longer word", `XAKIA${upper(16)}`],
  ["eyJ without dots", `eyJ${mix(60)}`],
  ["public block", `${BEGIN}CERTIFICATE-----\n${mix(64)}\n-----END CERTIFICATE-----`],
  ["header in code", `if (pem.startsWith("${BEGIN}PRIVATE KEY-----")) {`],
  ["URL with a port", "http://localhost:5173/@vite/client"],
  ["scoped package", "https://registry.npmjs.org/@types/node"],
  ["ssh address", "ssh://git@github.com:22/o/r.git and git@github.com:o/r.git"],
  ["URL with a variable", `https://user:\${PASSWORD}@host/`],
  ["already redacted", "API_KEY=[redacted:assignment] https://u:[redacted:url-password]@h"],
  ["empty", ""],
  ["Windows path", "C:\\npm_cache\\tools"],
];

describe("redact", () => {
  it.each(POSITIVES)("hides $name as $kind", ({ text, secret, kind }) => {
    expect(redact(text)).toBe(text.replace(secret, () => `[redacted:${kind}]`));
  });

  it.each(NEGATIVES)("leaves %s alone", (_name, text) => {
    expect(redact(text)).toBe(text);
  });

  it("hides each of several secrets and keeps what is between them", () => {
    const all = POSITIVES.filter((row) => row.kind !== "private-key");
    const out = redact(all.map((row, at) => `${at}: ${row.text}`).join("\n"));
    for (const { secret } of all.filter((row) => row.secret.length >= 24)) expect(out).not.toContain(secret);
    expect(out.split("\n").filter((line) => /^\d+: /.test(line))).toHaveLength(all.length);
    expect(redact(`a ${pem("PRIVATE KEY")} b ${pem("RSA PRIVATE KEY")} c`)).toBe(
      "a [redacted:private-key] b [redacted:private-key] c",
    );
  });

  it.each([...POSITIVES.map((row) => row.text), ...NEGATIVES.map(([, text]) => text)])(
    "twice is once, and JSON stays JSON: %.30j",
    (text) => {
      expect(redact(redact(text))).toBe(redact(text));
      const once = JSON.stringify({ before: 1.5e30, text, list: [text, "\\", '"', text], after: null });
      for (const line of [once, JSON.stringify({ line: once })]) {
        const out = redact(line);
        expect(Object.keys(JSON.parse(out))).toEqual(Object.keys(JSON.parse(line)));
        expect(redact(out)).toBe(out);
      }
    },
  );

  it.each(POSITIVES)("hides $name in a serialized JSON line too", ({ text, secret }) => {
    const line = JSON.stringify({ list: [`\n${text}`, text, `\t${text}\n`] });
    expect(redact(line)).not.toContain(JSON.stringify(secret).slice(1, -1));
  });

  it("keeps both promises for any mixture of the pieces", () => {
    const secrets = POSITIVES.map((row) => row.secret);
    const glue = [
      "",
      " ",
      "\n",
      '"',
      "'",
      "\\",
      "\\n",
      ",",
      ":",
      "=",
      "-",
      "_",
      "[",
      "]",
      "@",
      "://",
      "/",
      "a",
      "7",
      "n",
    ];
    const names = [
      "API_KEY=",
      "token: ",
      '"secret":"',
      "Authorization: Bearer ",
      "https://u:",
      `${BEGIN}PRIVATE KEY-----`,
    ];
    const pieces = [...secrets, ...glue, ...glue, ...names];
    let seed = 20261121;
    const next = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 3_000; round += 1) {
      const text = Array.from({ length: 2 + next(8) }, () => pieces[next(pieces.length)]).join("");
      const once = redact(text);
      expect(redact(once), text).toBe(once);
      const line = JSON.stringify({ text, pair: [text, 12.5, text], number: 1234567890.5e12 });
      const out = redact(line);
      expect(() => JSON.parse(out), line).not.toThrow();
      expect(redact(out), line).toBe(out);
    }
  });

  it.each([
    "a",
    "eyJ",
    "eyJ-",
    "eyJa.",
    BEGIN,
    `${BEGIN}PRIVATE KEY-----`,
    "KEY=",
    'KEY="',
    "\\",
    "://a:",
    "sk-",
    "token ",
  ])("walks a megabyte of %j", (piece) => {
    const text = piece.repeat(Math.floor(2 ** 20 / piece.length));
    expect(typeof redact(text)).toBe("string");
    expect(redact(`${text} ghp_${mix(36)}`)).not.toContain(mix(36));
  });
});

describe("findCredential", () => {
  it.each(POSITIVES)("$name", ({ text, kind, refuses }) => {
    expect(findCredential(text)).toBe(refuses === false ? undefined : kind);
  });

  it.each(NEGATIVES)("nothing in %s", (_name, text) => {
    expect(findCredential(text)).toBeUndefined();
  });

  it("names the first in the text, whatever its kind", () => {
    expect(findCredential(`${JWT} then ${pem("PRIVATE KEY")}`)).toBe("jwt");
    expect(findCredential(`AKIA${upper(16)} then sk-${mix(40)}`)).toBe("aws-access-key");
    expect(findCredential(`https://user:password@host then xoxb-${mix(20)}`)).toBe("slack-token");
  });

  it("does not refuse a header that is made up for a test", () => {
    expect(findCredential("expects `Authorization: Bearer test-token-123456`")).toBeUndefined();
  });
});
