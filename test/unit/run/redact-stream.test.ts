import { describe, expect, it } from "vitest";
import { redact } from "../../../src/core/redact.ts";
import { createRedactStream } from "../../../src/run/redact-stream.ts";

const KEY = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
const BLOCK = `-----BEGIN RSA PRIVATE KEY-----\n${"MIIEowIBAAKCAQEA7bq\n".repeat(20)}-----END RSA PRIVATE KEY-----`;

/** The text in pieces of so many bytes. */
function stream(text: string, size: number): string {
  const redactor = createRedactStream();
  const bytes = Buffer.from(text);
  let out = "";
  for (let at = 0; at < bytes.length; at += size) out += redactor.push(bytes.subarray(at, at + size));
  return out + redactor.end();
}

describe.each([1, 7, 64, 1_000, 100_000])("in pieces of %i bytes", (size) => {
  it.each<[name: string, text: string]>([
    ["nothing", ""],
    ["no secret", "one\ntwo\n\nthree without an end"],
    ["a token", `a ${KEY} b\nlast ${KEY}`],
    ["a key block", `before\n${BLOCK}\nafter\n`],
    ["a key block without an end", `before\n${BLOCK.slice(0, 200)}`],
    ["a key block in JSON", `{"key":${JSON.stringify(BLOCK)},"a":1}\n`],
    ["two key blocks", `${BLOCK}\nbetween ${KEY}\n${BLOCK}\n`],
    ["an assignment", 'API_KEY="Zm9vYmFyMTIzNDU2Nzg5"\r\nx\r\n'],
    ["characters of many bytes", `é€日本😀 ${KEY} é€日本😀\n`.repeat(3)],
  ])("%s is as it is in one", (_, text) => {
    expect(stream(text, size)).toBe(redact(text));
    expect(stream(text, size)).not.toContain(KEY);
  });
});

describe("what is too long to be held", () => {
  it("a line without an end is given out, and no secret in it is cut in two", () => {
    const line = `word ${KEY} "${KEY}" `.repeat(20_000);
    const out = stream(line, 10_007);
    expect(out).toBe(redact(line));
    expect(out).not.toMatch(/ghp_|456789/);
  });

  it("a line without a blank comes whole", () => {
    const line = "x".repeat(1_000_000);
    expect(stream(line, 65_536)).toBe(line);
  });

  it("a key block without an end is no reason to hold everything", () => {
    const redactor = createRedactStream();
    const out = redactor.push(Buffer.from(`-----BEGIN PRIVATE KEY-----\n${"QUJD\n".repeat(40_000)}`));
    expect(out).toBe("[redacted:private-key]");
  });
});

it("keeps the unfinished line to itself until it is whole, and for good where the rest is cut off", () => {
  const redactor = createRedactStream();
  expect(redactor.push(Buffer.from(`one\ntwo ${KEY.slice(0, 20)}`))).toBe("one\n");
  expect(redactor.end(true)).toBe("");
});
