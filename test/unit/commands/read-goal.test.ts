import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readGoal } from "../../../src/commands/ask/read-goal.ts";

/** A stdin that must not be touched. */
const untouched = () =>
  new Readable({
    read() {
      throw new Error("stdin was read");
    },
  });
const stdin = (...chunks: (string | Buffer)[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
const usage = (message: RegExp) => expect.objectContaining({ kind: "usage", message: expect.stringMatching(message) });

describe("a goal on the command line", () => {
  it.each(["fix it", " fix it ", "--", "line\nend", "日本 😀", "-fix", "0"])(
    "is %j as it stands, and stdin is left alone",
    async (goal) => {
      expect(await readGoal([goal], untouched())).toBe(goal);
    },
  );

  it("that is missing is none: a packet or a plan may have it, and stdin is left alone", async () => {
    expect(await readGoal([], untouched())).toBeUndefined();
  });

  it.each<[string, string[], RegExp]>([
    ["empty", [""], /^the goal is empty$/],
    ["blank", [" \n\t"], /^the goal is empty$/],
    ["in several words", ["fix", "the", "test"], /^the goal must be one argument, but there are 3$/],
    ["on stdin and in words", ["-", "fix"], /^the goal must be one argument, but there are 2$/],
    ["of bytes that are no text", ["a\uFFFDb"], /U\+FFFD/],
  ])("that is %s is refused, and stdin is left alone", async (_, positionals, message) => {
    await expect(readGoal(positionals, untouched())).rejects.toEqual(usage(message));
  });
});

describe("a goal on stdin", () => {
  it.each<[name: string, chunks: (string | Buffer)[], goal: string]>([
    ["in one piece", ["fix it\n"], "fix it\n"],
    ["in pieces", ["fix", " it"], "fix it"],
    ["cut in the middle of a character", [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)], "é"],
    ["with U+FFFD that is meant", ["a\uFFFDb"], "a\uFFFDb"],
    ["with a byte order mark", ["\uFEFFfix it"], "\uFEFFfix it"],
    ["with CRLF", ["a\r\nb"], "a\r\nb"],
    ["that begins with -", ["- fix it"], "- fix it"],
  ])("%s", async (_, chunks, goal) => {
    expect(await readGoal(["-"], stdin(...chunks))).toBe(goal);
  });

  it.each<[string, (string | Buffer)[], RegExp]>([
    ["nothing", [], /^the goal is empty$/],
    ["blanks", [" \n"], /^the goal is empty$/],
    ["bytes that are no text", [Buffer.of(0x66, 0xff, 0xfe)], /^the goal on stdin is not UTF-8/],
    ["half a character at the end", [Buffer.from("€").subarray(0, 2)], /^the goal on stdin is not UTF-8/],
    ["too much", [Buffer.alloc(4 * 1024 * 1024 + 1, "x")], /^the goal on stdin is over 4194304 bytes/],
  ])("that is %s is refused", async (_, chunks, message) => {
    await expect(readGoal(["-"], stdin(...chunks))).rejects.toEqual(usage(message));
  });

  it("may be as large as what fits", async () => {
    const goal = await readGoal(["-"], stdin(Buffer.alloc(4 * 1024 * 1024, "x")));
    expect(goal).toHaveLength(4 * 1024 * 1024);
  });

  it("that never ends is not waited for once it is too much", async () => {
    const endless = new PassThrough();
    endless.write(Buffer.alloc(4 * 1024 * 1024 + 1, "x"));
    await expect(readGoal(["-"], endless)).rejects.toEqual(usage(/over 4194304 bytes/));
    expect(endless.destroyed).toBe(true);
  });
});
