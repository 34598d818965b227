import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parsePacketFile, readPacketFile } from "../../../src/packet/packet-file.ts";
import { refusalOf } from "./refusal.ts";

const dir = mkdtempSync(join(tmpdir(), "packet-"));
afterAll(() => rmSync(dir, { recursive: true }));
const PACKET = "MODE: scout\nOBJECTIVE: Find it.\n";

/** A file of its own for each row; the message then begins with its path, which is cut off. */
async function refusalOfFile(name: string, make: (path: string) => void): Promise<string> {
  const path = join(dir, name);
  make(path);
  return (await refusalOf(() => readPacketFile(path))).replace(path, "FILE");
}

describe("readPacketFile", () => {
  it.each<[string, string | Uint8Array]>([
    ["plain", PACKET],
    ["BOM", `\uFEFF${PACKET}`],
    ["CRLF", PACKET.replaceAll("\n", "\r\n")],
    ["BOM and CRLF as front matter", "\uFEFF---\r\nrole: scout\r\n---\r\nFind it.\r\n"],
    ["almost a megabyte", `${PACKET}${"\n".repeat(1_048_576 - PACKET.length)}`],
  ])("%s", async (name, text) => {
    const path = join(dir, `good ${name}.md`);
    writeFileSync(path, text);
    expect(await readPacketFile(path)).toStrictEqual({ role: "scout", goal: "Find it." });
  });

  it("follows a link that the caller names", async () => {
    writeFileSync(join(dir, "aim.md"), PACKET);
    symlinkSync(join(dir, "aim.md"), join(dir, "link.md"));
    expect(await readPacketFile(join(dir, "link.md"))).toMatchObject({ role: "scout" });
  });

  it.each<[string, (path: string) => void, string]>([
    ["missing.md", () => {}, "the packet FILE can't be read: it does not exist → name a text file"],
    ["directory.md", (path) => mkdirSync(path), "the packet FILE is a directory → name a text file"],
    ["pipe.md", (path) => execFileSync("mkfifo", [path]), "the packet FILE is no file → name a text file"],
    ["loop.md", (path) => symlinkSync(path, path), "the packet FILE can't be read: it is a symbolic link"],
    [
      "ten-megabytes.md",
      (path) => {
        writeFileSync(path, PACKET);
        truncateSync(path, 10 * 1024 * 1024);
      },
      "the packet FILE has 10485760 bytes, over the 1048576 that it may have",
    ],
    [
      "latin1.md",
      (path) => writeFileSync(path, Buffer.from("MODE: sc\xF6ut\n", "latin1")),
      "the packet FILE is not UTF-8 text",
    ],
    [
      "utf16.md",
      (path) => writeFileSync(path, Buffer.from(`\uFEFF${PACKET}`, "utf16le")),
      "the packet FILE is not UTF-8 text",
    ],
    [
      "nul.md",
      (path) => writeFileSync(path, "MODE: scout\r\nOBJECTIVE: a\0b\n"),
      "FILE, line 2: there is a NUL character → remove it",
    ],
    ["empty.md", (path) => writeFileSync(path, ""), "the packet FILE is empty"],
    ["blank.md", (path) => writeFileSync(path, "\uFEFF \r\n\n"), "the packet FILE is empty"],
    [
      "open.md",
      (path) => writeFileSync(path, "---\r\nrole: scout\r\n"),
      "FILE, line 1: the front matter is never closed",
    ],
    [
      "crlf.md",
      (path) => writeFileSync(path, "MODE: scout\r\n\r\nGOLA: x\r\n"),
      'FILE, line 3: there is no field "GOLA"',
    ],
    [
      "yaml-crlf.md",
      (path) => writeFileSync(path, "---\r\nrole: scout\r\ngaol: x\r\n---\r\n"),
      'FILE, line 3: there is no key "gaol"',
    ],
    [
      "prose.md",
      (path) => writeFileSync(path, "Fix the bug, please.\n"),
      "FILE is no packet: it has neither front matter nor fields → begin it with --- in line 1",
    ],
    [
      "fenced.md",
      (path) => writeFileSync(path, `\`\`\`\n${PACKET}\`\`\`\n`),
      "FILE is no packet: it has neither front matter nor fields",
    ],
    [
      "late.md",
      (path) => writeFileSync(path, "\n---\nrole: scout\n---\nFind it.\n"),
      "FILE is no packet: it has neither front matter nor fields",
    ],
    ["lower.md", (path) => writeFileSync(path, "Mode: scout\nObjective: Find it.\n"), "FILE is no packet"],
  ])("%s", async (name, make, sentence) => {
    const refusal = await refusalOfFile(name, make);
    expect(refusal.slice(0, sentence.length)).toBe(sentence);
  });

  it("quotes a path that could write lines of its own", async () => {
    expect(await refusalOf(() => readPacketFile(join(dir, "a\nb.md")))).toContain(String.raw`a\nb.md" can't be read`);
    expect(await refusalOf(() => parsePacketFile("MODE: x", "a\nb.md"))).toContain(String.raw`"a\nb.md", line 1: `);
  });
});
