import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { expect, it } from "vitest";
import { redact } from "../../../src/core/redact.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** Code as people and bundlers write it: none of these packages has an example of a secret in what is read here. */
const PACKAGES = [
  "esprima/dist",
  "gray-matter",
  "picomatch",
  "chalk",
  "zod/v4",
  "js-yaml",
  "vitest/dist",
  "vite/dist/node",
  "esbuild",
];

function codeIn(dir: string): [string, string][] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:[cm]?[jt]s|json|map)$/.test(name) && !/(?:^|\/)(?:tests?|node_modules)\//.test(name))
    .map((name) => [join(dir, name), readFileSync(join(dir, name), "utf8")]);
}

let drawn = 0;
/** Bytes that look random and are the same in every run. */
const draw = (count: number): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(count / 32) }, () => createHash("sha256").update(`draw ${++drawn}`).digest()),
  ).subarray(0, count);
const uuid = () =>
  draw(16)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** Texts that look random and are no secrets, of which many are made: a rule that hits one of a thousand is seen. */
function made(): [string, string][] {
  const hash =
    (name: string, form: "hex" | "base64" | "base64url" = "hex") =>
    (of: number) =>
      createHash(name).update(draw(8)).update(String(of)).digest(form);
  const kinds: Record<string, (of: number) => string> = {
    "git ids": (of) =>
      `commit ${hash("sha1")(of)}\nindex ${hash("sha1")(of).slice(0, 7)}..${hash("sha1")(of).slice(0, 7)} 100644`,
    "long git ids": (of) => `tree ${hash("sha256")(of)}`,
    UUIDs: () => `{"session_id":"${uuid()}","prompt_cache_key":"${uuid()}","key_id":"${uuid()}"}`,
    "lock file": (of) =>
      `      "resolved": "https://registry.npmjs.org/a-b/-/a-b-1.2.${of}.tgz",\n      "integrity": "sha512-${hash("sha512", "base64")(of)}",`,
    "yarn lock": (of) =>
      `a-b@^1:\n  version "1.2.${of}"\n  resolved "https://registry.yarnpkg.com/a-b/-/a-b-1.2.${of}.tgz#${hash("sha1")(of)}"\n  integrity sha512-${hash("sha512", "base64")(of)}`,
    "Cargo lock": (of) => `checksum = "${hash("sha256")(of)}"`,
    "go sum": (of) => `golang.org/x/net v0.${of}.0 h1:${hash("sha256", "base64")(of)}`,
    "docker digest": (of) => `FROM node:24@sha256:${hash("sha256")(of)}`,
    "base64 image": () =>
      `data:image/png;base64,${Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), deflateSync(draw(600))]).toString("base64")}`,
    "source map": () =>
      `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify({ version: 3, names: [uuid()], mappings: "AAAA" })).toString("base64")}`,
    traces: (of) => `traceparent: 00-${hash("md5")(of)}-${hash("md5")(of).slice(0, 16)}-01`,
    ETags: (of) => `etag: W/"${hash("sha1", "base64url")(of)}"\nx-request-id: ${hash("md5")(of)}`,
    "build output": (of) =>
      `dist/assets/index-${hash("md5", "base64url")(of).slice(0, 8)}.js  ${of}.12 kB │ gzip: 3.${of} kB\ncache-key-${hash("md5")(of)}`,
    logs: (of) =>
      `2026-11-21T18:03:${of}.123Z INFO [worker-${of}] GET /api/v1/users/${of}?page=2&sort=name 200 in ${of}ms`,
    ids: (of) =>
      `r-20261121-0511${of}-k7qz b-20261121-051103-m3xw call_${hash("md5", "base64url")(of)} msg_${hash("sha256")(of)}`,
    "OpenAI ids": (of) =>
      `resp_${hash("sha256")(of).slice(0, 50)} fc_${hash("sha256")(of).slice(0, 50)} toolu_${hash("md5", "base64url")(of)}`,
    "CSS classes": (of) =>
      `.css-${hash("md5").call(null, of).slice(0, 6)} .Button_primary__${hash("md5", "base64url")(of).slice(0, 5)} .sk-chase-dot-${of}`,
  };
  return Object.entries(kinds).flatMap(([name, make]) =>
    Array.from({ length: 40 }, (_, of): [string, string] => [`${name} ${of}`, make(of)]),
  );
}

const WRITTEN: [string, string][] = [
  "const accessTokenExpirationInMilliseconds = configuration.authentication.accessTokenLifetime2;",
  "throw new AuthenticationTokenExpiredException2(AuthenticationTokenReason.ExpiredByServer);",
  "type KeyOf<T> = { [Key in keyof T]: Key }; const key: KeyboardEventHandler2 = handler;",
  "for (let token = scanner.nextToken(); token !== Token.EndOfFile2; token = scanner.nextToken()) {}",
  "export const SECRET_SANTA_GREETING = 'Merry Christmas, dear colleagues and friends';",
  "password: z.string().min(12).max(128).regex(/[A-Z]/).regex(/[0-9]/)",
  "apiKey: import.meta.env.VITE_API_KEY_2 ?? process.env['API_KEY_2']",
  'curl -H "Authorization: Bearer $GITHUB_TOKEN" https://api.github.com/repos/o/r/actions/runs/1234567890',
  "git clone https://github.com/openai/codex.git && git clone git@github.com:openai/codex.git",
  "see https://example.org/a/b?x=1&y=2#frag, http://localhost:8080/@vite/client and ftp://files.example.org:21/x",
  'npm ERR! code E401 Unable to authenticate, need: Basic realm="GitHub Package Registry"',
  "Error: connect ECONNREFUSED 127.0.0.1:5432 at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVhc3kgdG8gcmVhZCBidXQgbm90IHNlY3JldCBhdCBhbGw dev@laptop",
  "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2VydGlmaWNhdGVzIGFyZSBwdWJsaWM\n-----END CERTIFICATE-----",
  "public_key: 04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd",
  "KEY_BACKSPACE=8; KEY_ENTER=13; PRIMARY_KEY=users_pkey_2024_primary; FOREIGN_KEY=orders_user_id_fkey_2",
  '!function(e,t){"object"==typeof exports&&"undefined"!=typeof module?t(exports):t((e=e||self).a1={})}(this,(function(e){"use strict";var t=e.token,n=e.key;e.secret=t||n}));',
].map((text, at) => [`written ${at}`, text]);

it("hides nothing of what is no secret", () => {
  const samples = [
    ...codeIn(join(ROOT, "src")),
    ...codeIn(join(ROOT, "scripts")),
    ...PACKAGES.flatMap((name) => codeIn(join(ROOT, "node_modules", name))),
    ...["package-lock.json", "package.json", "CHANGELOG.md", "LICENSE"].map((name): [string, string] => [
      name,
      readFileSync(join(ROOT, name), "utf8"),
    ]),
    ...made(),
    ...WRITTEN,
  ];
  const hit = samples.flatMap(([name, text]) => {
    const lines = redact(text).split("\n");
    const was = text.split("\n");
    const at = lines.findIndex((line, number) => line !== was[number]);
    return at < 0 ? [] : [`${name}: ${was[at]?.slice(0, 300)} → ${lines[at]?.slice(0, 300)}`];
  });
  const bytes = samples.reduce((sum, [, text]) => sum + text.length, 0);
  console.log(`redact: ${hit.length} false of ${samples.length} samples, ${(bytes / 2 ** 20).toFixed(1)} MB`);
  expect(hit).toEqual([]);
  expect(samples.length).toBeGreaterThan(200);
});
