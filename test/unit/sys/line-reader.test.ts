import { describe, expect, it } from "vitest";
import { createLineReader } from "../../../src/sys/line-reader.ts";

/** Reads chunks to their end: the lines, and the sizes of those that were too long. */
function read(chunks: readonly (string | Buffer)[], maxBytes?: number): { lines: string[]; oversize: number[] } {
  const lines: string[] = [];
  const oversize: number[] = [];
  const reader = createLineReader(
    (line) => lines.push(line),
    (bytes) => oversize.push(bytes),
    maxBytes,
  );
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return { lines, oversize };
}

const SAMPLE = '{"a":"é€😀"}\n\r\n\n{"b":"x\u2028y\u2029z\u0085"}\r\n\n\n{"c":"last, without an end"}';
const LINES = ['{"a":"é€😀"}', "\r", '{"b":"x\u2028y\u2029z\u0085"}\r', '{"c":"last, without an end"}'];

describe("lines", () => {
  const bytes = Buffer.from(SAMPLE);

  it.each(Array.from({ length: bytes.length + 1 }, (_, at) => at))("are the same when cut at byte %i", (at) => {
    expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual({ lines: LINES, oversize: [] });
  });

  it("are the same byte by byte", () => {
    expect(read([...bytes].map((byte) => Buffer.of(byte))).lines).toEqual(LINES);
  });

  it.each<[name: string, chunks: string[], lines: string[]]>([
    ["nothing", [], []],
    ["only line ends", ["\n\n", "\n"], []],
    ["one line", ["a\n"], ["a"]],
    ["one line without an end", ["a"], ["a"]],
    ["an empty chunk in the middle", ["a", "", "b\n"], ["ab"]],
    ["many in one chunk", ["a\nb\nc\n"], ["a", "b", "c"]],
    ["blanks, which are not nothing", [" \n\t\n"], [" ", "\t"]],
    ["a lone CR, which ends nothing", ["a\rb\n"], ["a\rb"]],
  ])("%s", (_, chunks, lines) => {
    expect(read(chunks).lines).toEqual(lines);
  });

  it("come as soon as they are whole", () => {
    const lines: string[] = [];
    const reader = createLineReader(
      (line) => lines.push(line),
      () => {},
    );
    reader.push(Buffer.from("a\nb"));
    expect(lines).toEqual(["a"]);
    reader.push(Buffer.from("c\n"));
    expect(lines).toEqual(["a", "bc"]);
    reader.end();
    reader.end();
    expect(lines).toEqual(["a", "bc"]);
  });

  it("are JSON with CRLF too", () => {
    expect(read(['{"a":1}\r\n']).lines.map((line) => JSON.parse(line))).toEqual([{ a: 1 }]);
  });
});

describe("a line over the cap", () => {
  it.each<[name: string, chunks: string[], lines: string[], oversize: number[]]>([
    ["exactly the cap", ["12345678\n"], ["12345678"], []],
    ["one more", ["123456789\nok\n"], ["ok"], [9]],
    ["over many chunks", ["12345", "67890", "12345", "6\nok\n"], ["ok"], [16]],
    ["ended by the next chunk", ["123456789", "\nok\n"], ["ok"], [9]],
    ["the last line", ["ok\n123456789"], ["ok"], [9]],
    ["two of them", ["123456789\na\n1234567890\nb\n"], ["a", "b"], [9, 10]],
    ["counted in bytes", ["€€€\nok\n"], ["ok"], [9]],
  ])("%s", (_, chunks, lines, oversize) => {
    expect(read(chunks, 8)).toEqual({ lines, oversize });
  });

  it("is dropped wherever it is cut", () => {
    const bytes = Buffer.from("first\n123456789€\nlast\n");
    for (let at = 0; at <= bytes.length; at++) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)], 8)).toEqual({
        lines: ["first", "last"],
        oversize: [12],
      });
    }
  });

  it("is 16 MiB where nothing else is said", () => {
    const cap = 16 * 1024 * 1024;
    const { lines, oversize } = read([Buffer.alloc(cap, "a"), "\n", Buffer.alloc(cap + 1, "b"), "\n"]);
    expect(lines.map((line) => line.length)).toEqual([cap]);
    expect(oversize).toEqual([cap + 1]);
  });
});
