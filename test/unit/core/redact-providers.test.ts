import { describe, expect, it } from "vitest";
import { findCredential, redact } from "../../../src/core/redact.ts";
import { PLANTED } from "../../kit/planted-secrets.ts";

/** Put together here, so that no scanner takes this file for a leak. */
const hex = (length: number): string => "0f9a3c7e5b1d8246".repeat(20).slice(0, length);
const mix = (length: number): string => "aB3dE5gH7jK9mN2pQ4".repeat(20).slice(0, length);

describe("a secret of a known shape", () => {
  it.each(PLANTED)("of $name is hidden, in text and in JSON, and nothing else of the line is", ({ secret, line }) => {
    const out = redact(line);
    expect(out).not.toContain(secret);
    expect(out).toMatch(/\[redacted:[a-z-]+\]/);
    expect(redact(out)).toBe(out);
    const json = JSON.stringify({ at: 1.5, lines: [line, `\t${line}\n`], twice: JSON.stringify({ line }) });
    expect(redact(json)).not.toContain(secret);
    expect(Object.keys(JSON.parse(redact(json)))).toEqual(["at", "lines", "twice"]);
    for (const [before, after] of [
      ["(", ")"],
      ["\u001b[31m", "\u001b[0m"],
      ["=", " "],
      ["\n", "\n"],
    ])
      expect(redact(`${before}${line}${after}`)).not.toContain(secret);
  });

  it("is hidden where others are glued to it, and twice is once", () => {
    for (const one of PLANTED)
      for (const two of PLANTED) {
        const once = redact(`${one.secret} ${two.line}/${one.line}`);
        expect(redact(once)).toBe(once);
        if (one !== two) expect(once).not.toContain(two.secret);
      }
  });
});

describe("what only begins like one", () => {
  it.each([
    ["a cache key", `node-modules-key-${hex(32)}`],
    ["a traceparent", `00-${hex(32)}-${hex(16)}-01`],
    ["a twilio-like word", `RISK${hex(32)}`],
    ["an account of Twilio", `AC${hex(32)}`],
    ["a css variable", "--hf_accent-color-of-the-whole-page"],
    ["a constant", "SECRET_KEY_BASE_LENGTH_IN_BYTES"],
    ["a module path", "gl-matrix-vec3-normalize-into-place"],
    ["a class of the page", "key-visual-of-the-landing-page-2024"],
    ["a function of Vault's", "hvs.readSecretsFromTheStore"],
    ["a query without a signature", "https://x.example.org/?sig=short&v=2"],
    ["a webhook's documentation", "POST /api/webhooks/{id}/{token}"],
    ["a lexer", 'nextToken = "TemplateStringHead"'],
    ["an enum", "token: messages_1.Messages.UnexpectedToken"],
    ["a password field of a form", ";password=form.elements.password.value2"],
    ["a header without a value", 'headers["authorization"] = authorizationHeaderOf(request2)'],
    ["an integrity", `"integrity": "sha512-${mix(86)}=="`],
    ["an npm script name", "npm_package_config_registry"],
    ["a font's glyph", `:AA${"A".repeat(10)}`],
  ])("%s stays", (_, text) => {
    expect(redact(text)).toBe(text);
    expect(findCredential(text)).toBeUndefined();
  });
});
