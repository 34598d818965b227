import { beforeAll, describe, expect, it } from "vitest";
import { findCredential, hideValuesOf, redact, redactValue } from "../../../src/core/redact.ts";

const QUOTED = 'p@ss "w0rd-99"\\x7:{y}';
const VALUES = {
  LAB_API_KEY: "zq81kd03mv57",
  LAB_API_KEY_LONG: "zq81kd03mv57-and-more-9",
  LAB_PASSWORD: QUOTED,
  PGPASSWORD: "Xk0nLJ4R",
  LAB_SECRET: "nine0nine0nine0",
  npm_config__authtoken: "lower-name-77-aa",
  LAB_TOKEN: "correct horse battery staple",
  SERVICE_CREDENTIALS: '{"type":"service_account","private_key_id":"b7d0c1e2f3a4958677","x":1}',
  DATABASE_URL: "postgres://app:Gh5%2Fd0k3jq@db/app",
  LAB_CERT_KEY: "-----BEGIN X-----\nMIIEaB3dE5gH7jK9mN2pQ4aB3dE5gH7j\n-----END X-----",
};
/** Named like secrets, or holding something long; none of it is one. */
const NO_SECRETS = {
  SECRET_BACKEND: "vault-kv2-store",
  MAX_TOKENS: "1234567890",
  LAB_TOKEN_LIMIT: "1234567890",
  LAB_TOKEN_FILE: "keyfile77.bin",
  SSH_AUTH_SOCK: "agent77-socket",
  TLS_KEY: "/etc/ssl/private/server77.pem",
  WIN_KEY: "C:\\keys\\server77.bin",
  AUTH_TOKEN_URL: "https://login77.example.org/token",
  API_KEY: "short77",
  DB_PASSWORD: "postgres",
  LAB_AUTH: "application-default",
  USE_SECRET: "disabled",
  LAB_KEY: "20261121",
  PRIVATE_KEY: "$OTHER_KEY_77",
  OLDPWD: "workdir77x",
  MONKEY: "banana77banana",
  CACHE_KEY: "linux-node20-77aa",
  CLAUDE_CODE_SESSION_ID: "01a1fc85-5a4b-7c3d-9e2f-1234567890ab",
  PATH: "bin77:sbin77:more77",
};

beforeAll(() => {
  hideValuesOf({ ...NO_SECRETS, ...VALUES });
  hideValuesOf({});
});

describe("the value of a secret-looking variable", () => {
  it.each([
    "LAB_API_KEY",
    "LAB_API_KEY_LONG",
    "LAB_PASSWORD",
    "PGPASSWORD",
    "LAB_SECRET",
    "npm_config__authtoken",
    "LAB_TOKEN",
  ] as const)("%s is hidden in every form", (name) => {
    const value = VALUES[name];
    expect(redact(`one ${value} two`)).toBe("one [redacted:environment] two");
    const json = JSON.stringify({ value, list: [`\n${value}\n`] });
    expect(JSON.parse(redact(json))).toEqual({
      value: "[redacted:environment]",
      list: [expect.stringMatching(/^\n?\[redacted:environment\]\n$/)],
    });
    const twice = JSON.stringify({ line: JSON.stringify({ value }) });
    expect(JSON.parse(JSON.parse(redact(twice)).line)).toEqual({ value: "[redacted:environment]" });
    expect(redact(`?q=${encodeURIComponent(value)}&r`)).toBe("?q=[redacted:environment]&r");
    for (const before of ["", "a", "ab", "user:"]) {
      const text = Buffer.from(`${before}${value}`).toString("base64");
      expect(redact(`x ${text} y`), text).toContain("[redacted:environment]");
    }
  });

  it("is hidden whole where another one is its beginning", () => {
    expect(redact("zq81kd03mv57-and-more-9")).toBe("[redacted:environment]");
  });

  it("is hidden line by line, and as a part of an address", () => {
    expect(redact("key MIIEaB3dE5gH7jK9mN2pQ4aB3dE5gH7j.")).toBe("key [redacted:environment].");
    expect(redact("-----BEGIN X-----")).toBe("-----BEGIN X-----");
    expect(redact("password Gh5%2Fd0k3jq is")).toBe("password [redacted:environment] is");
    expect(redact("app at db")).toBe("app at db");
    expect(redact('{"type":"service_account"}')).toBe('{"type":"service_account"}');
  });

  it("takes no half of an escape with it", () => {
    // In JSON a line end and "ine0nine0nine0"; nothing but the value itself in a text.
    const json = String.raw`{"a":"\nine0nine0nine0","b":"\\nine0nine0nine0"}`;
    expect(() => JSON.parse(redact(json))).not.toThrow();
    expect(redact(json)).not.toContain("ine0nine0");
  });

  it("leaves JSON as it was built, wherever it stands", () => {
    for (const value of Object.values(VALUES))
      for (const [before, after] of [
        ["", ""],
        ["\\", "\\"],
        ['"', '"'],
        ["\n", "\n"],
        ["{", "}"],
      ])
        for (const text of [`${before}${value}${after}`, `${value}${value}`]) {
          const line = JSON.stringify({ [text]: 1, text, list: [text, 1.5] });
          const out = redact(line);
          expect(() => JSON.parse(out), line).not.toThrow();
          expect(redact(out)).toBe(out);
        }
  });

  it("is no reason to refuse a goal: it is taken out of it", () => {
    expect(findCredential("use zq81kd03mv57")).toBeUndefined();
  });
});

describe("what is no secret", () => {
  it.each(Object.entries(NO_SECRETS))("%s stays readable", (_, value) => {
    expect(redact(`one ${value} two`)).toBe(`one ${value} two`);
  });
});

describe("redactValue", () => {
  it("gives the same object back where there is nothing to hide, else one without", () => {
    const clean = { a: 1, b: ["x"] };
    expect(redactValue(clean)).toBe(clean);
    expect(redactValue({ a: 1, b: ["zq81kd03mv57"] })).toEqual({ a: 1, b: ["[redacted:environment]"] });
  });
});
