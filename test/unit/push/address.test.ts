import { describe, expect, it } from "vitest";
import { AskCodexError } from "../../../src/core/errors.ts";
import { readAddress } from "../../../src/push/address.ts";

const ENV = { HOOK: "https://chat.example/services/T0/B0/path", BAD: "nonsense", EMPTY: "" };
const read = (text: string, insecure = false) => readAddress(text, { insecure, env: ENV });

describe("readAddress", () => {
  it.each([
    ["https://example.org/hook?a=1", "https://example.org/hook?a=1"],
    ["http://localhost:8080/x", "http://localhost:8080/x"],
    ["http://127.1/x", "http://127.0.0.1/x"],
    ["http://[::1]:9/", "http://[::1]:9/"],
    ["env:HOOK", ENV.HOOK],
  ])("%s", (text, href) => {
    expect(read(text).href).toBe(href);
  });

  it("lets plain http go to another machine only when told to", () => {
    expect(() => read("http://example.org/")).toThrow("plain http to another machine");
    expect(read("http://example.org/", true).host).toBe("example.org");
  });

  it.each([
    ["nonsense", "is no URL"],
    ["", "is not set"],
    ["ftp://example.org/", "neither http nor https"],
    ["file:///etc/passwd", "neither http nor https"],
    ["http://localhost.example.org/", "plain http to another machine"],
    ["http://127.0.0.1.example.org/", "plain http to another machine"],
    ["https://me:geheim@example.org/", "a user or a password in it"],
    ["https://me@example.org/", "a user or a password in it"],
    ["https://example.org/?key=sk-proj-abcdefghij0123456789ABCDEFGHIJ0123456789", "looks like a secret"],
    ["env:NONE", "(the variable NONE) is not set"],
    ["env:EMPTY", "(the variable EMPTY) is not set"],
    ["env:BAD", "(the variable BAD) is no URL"],
  ])("%s is refused, and not repeated: %s", (text, why) => {
    try {
      read(text);
      expect.unreachable();
    } catch (error) {
      const said = error instanceof AskCodexError ? `${error.exitCode} ${error.message} ${error.hint}` : String(error);
      expect(said).toContain(why);
      expect(said).toMatch(/^64 /);
      expect(said).not.toMatch(/geheim|sk-proj|me@/);
    }
  });
});
