import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { END_BYTES, HEAD_BYTES, openCheckLog, TAIL_CHARS } from "../../../src/run/check-log.ts";
import { canMount, onSmallDisk } from "../../kit/small-disk.ts";
import { tempDir } from "../sys/temp-dir.ts";

const KEY = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
const MiB = 1024 * 1024;

function logOf(chunks: Iterable<Buffer | string>): { text: string; tail: string; mode: number } {
  const path = join(tempDir(), "x.log");
  const log = openCheckLog(path);
  for (const chunk of chunks) log.push(Buffer.from(chunk));
  const tail = log.close();
  return { text: readFileSync(path, "utf8"), tail, mode: statSync(path).mode & 0o777 };
}

function* lines(bytes: number, line = "0123456789 abcdefghijklmnopqrstuvwxyz\n"): Generator<string> {
  for (let done = 0; done < bytes; done += line.length * 1000) yield line.repeat(1000);
}

describe("the log of a check", () => {
  it.each([
    ["nothing", [], ""],
    ["a line", ["one\n"], "one\n"],
    ["no line end", ["one", "two"], "onetwo"],
    ["bytes that are no text", [Buffer.from([0xff, 0, 10, 0xc3])], "\uFFFD\0\n\uFFFD"],
  ])("of %s is whole, and only ours to read", (_, chunks, text) => {
    expect(logOf(chunks)).toEqual({ text, tail: text, mode: 0o600 });
  });

  it("can be read while the check runs", () => {
    const path = join(tempDir(), "x.log");
    const log = openCheckLog(path);
    log.push(Buffer.from("one\ntw"));
    expect(readFileSync(path, "utf8")).toBe("one\n");
    log.push(Buffer.from("o\n"));
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    log.close();
  });

  it("gives the last characters back, and never half of one", () => {
    const { tail } = logOf([`${"😀".repeat(2_000)}x`]);
    expect(tail).toBe(`${"😀".repeat(TAIL_CHARS / 2 - 1)}x`);
  });

  it("has the middle of what is too much left out, and says how much", () => {
    const { text, tail } = logOf([...lines(20 * MiB), "the result\n"]);
    expect(Buffer.byteLength(text)).toBeLessThan(HEAD_BYTES + END_BYTES + 1_000);
    const [, left = ""] = /\n\[ask-codex: about (\d+) bytes left out here\]\n/.exec(text) ?? [];
    expect(Number(left) + Buffer.byteLength(text)).toBeGreaterThan(20 * MiB - 1_000);
    expect(tail.endsWith("xyz\nthe result\n")).toBe(true);
    // No line is cut: what is not the note is whole.
    expect(new Set(text.split("\n"))).toEqual(
      new Set([
        "0123456789 abcdefghijklmnopqrstuvwxyz",
        `[ask-codex: about ${left} bytes left out here]`,
        "the result",
        "",
      ]),
    );
  });

  it("of a little more than the beginning leaves nothing out, whatever lies across the border", () => {
    const before = "x".repeat(HEAD_BYTES - 20);
    const { text } = logOf([before, ` ${KEY}\n`, "end\n"]);
    expect(text).toBe(`${before} [redacted:github-token]\nend\n`);
  });

  it.each([
    ["a token", KEY],
    [
      "a key block",
      `-----BEGIN PRIVATE KEY-----\n${"MIIEowIBAAKCAQEA7bqSECRETBODY\n".repeat(50)}-----END PRIVATE KEY-----`,
    ],
  ])("shows no half of %s, where the left out part begins or ends", (_, secret) => {
    const line = `${secret}\n`;
    const { text } = logOf(lines(12 * MiB, line));
    expect(text).toMatch(/left out here/);
    expect(text).not.toMatch(/ghp_|456789|MIIE|SECRETBODY/);
  });

  it("is never written over", () => {
    const path = join(tempDir(), "x.log");
    writeFileSync(path, "before");
    expect(() => openCheckLog(path)).toThrow(/can't create .*x\.log: it already exists/);
    expect(readFileSync(path, "utf8")).toBe("before");
  });

  test.runIf(canMount())("on a full disk takes what comes, and says it at the end", async () => {
    const disk = join(tempDir(), "disk");
    await onSmallDisk(disk, MiB, async () => {
      const log = openCheckLog(join(disk, "x.log"));
      for (const chunk of lines(9 * MiB)) log.push(Buffer.from(chunk));
      expect(() => log.close()).toThrow(/can't write .*x\.log: no space left/);
      expect(existsSync(join(disk, "x.log"))).toBe(true);
    });
  });
});
