import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { writeStatus } from "../../../src/run/create-record.ts";
import {
  findRunDir,
  listDir,
  parseFile,
  parseIfThere,
  readReceipt,
  readRequest,
  readStatus,
  writeReceipt,
} from "../../../src/run/record.ts";
import { AT, RUN_ID, sampleReceipt } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { newRecord } from "./new-record.ts";

const SECRET = `sk-proj-${"aB3dE5".repeat(8)}`;
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const read = (dir: string, name: string) => readFileSync(join(dir, name), "utf8");

describe("the end of a run", () => {
  it("is the answer, the state and the receipt", () => {
    const { dir } = newRecord();
    const receipt = sampleReceipt({ answer: "I did it.\n\nStatus: done" });
    writeReceipt(dir, receipt);
    expect(readReceipt(dir)).toEqual(receipt);
    expect(readStatus(dir)).toEqual({ version: 1, runId: RUN_ID, state: "ended", updatedAt: receipt.ended_at });
    expect(read(dir, "result.md")).toBe("I did it.\n\nStatus: done\n");
    expect([modeOf(join(dir, "result.json")), modeOf(join(dir, "result.md"))]).toEqual(["600", "600"]);
  });

  it("closes the question, and keeps what the state knew besides", () => {
    const { dir } = newRecord();
    const owner = { pid: 5, startTime: "1", bootId: "b" };
    const question = { callId: "c", question: "q", options: [], askedAt: AT };
    const before = { version: 1, runId: RUN_ID, updatedAt: AT, owner, threadId: "t" } as const;
    writeStatus(dir, { ...before, state: "waiting_input", question });
    writeReceipt(dir, sampleReceipt());
    expect(readStatus(dir)).toEqual({ ...before, state: "ended" });
  });

  it("has no secret in the answer or the reason", () => {
    const { dir } = newRecord();
    writeReceipt(dir, sampleReceipt({ answer: `the key is ${SECRET}`, reason: `it said ${SECRET}` }));
    for (const name of ["result.md", "result.json"]) expect(read(dir, name)).not.toContain(SECRET);
    expect(readReceipt(dir)?.answer).toMatch(/^the key is ./);
  });

  it("leaves no half file", () => {
    const { dir } = newRecord();
    writeReceipt(dir, sampleReceipt());
    expect(readdirSync(dir).filter((name) => name.includes("tmp"))).toEqual([]);
  });
});

describe("finding a run by its id", () => {
  it("needs no directory", () => {
    const { home, dir } = newRecord();
    const other = newRecord({ workspace: "/elsewhere", runId: "r-20261121-051104-aaaa" }, home);
    expect(findRunDir(home, RUN_ID)).toBe(dir);
    expect(findRunDir(home, "r-20261121-051104-aaaa")).toBe(other.dir);
    expect(other.dir).not.toBe(dir);
  });

  it.each([
    "r-20261121-051103-none",
    "..",
    ".",
    "",
    "../../..",
    `${RUN_ID}/..`,
    `${RUN_ID}/`,
    "b-20261121-051103-k7qz",
  ])("finds nothing for %j", (id) => {
    expect(findRunDir(newRecord().home, id)).toBeUndefined();
  });

  it("finds nothing where no record was ever made", () => {
    expect(findRunDir(join(tempDir(), "none"), RUN_ID)).toBeUndefined();
  });
});

describe("a file that is not as it was written", () => {
  const SCHEMA = z.strictObject({ version: z.literal(1), n: z.int() });

  it.each<[name: string, text: string, why: RegExp]>([
    ["no JSON", "{", /JSON/],
    ["empty", "", /JSON/],
    ["an older version", '{"version":0,"n":1}', /version: /],
    ["a version that is no number", '{"version":"2","n":1}', /version: /],
    ["another type", '{"version":1,"n":"x"}', /n: /],
    ["a field too many", '{"version":1,"n":1,"x":1}', /the whole: .*"x"/],
    ["no object", "[]", /the whole: /],
  ])("%s is named and left alone", (_, text, why) => {
    const path = join(tempDir(), "file.json");
    writeFileSync(path, text);
    expect(() => parseFile(path, SCHEMA)).toThrow(
      expect.objectContaining({
        kind: "failed",
        message: expect.stringMatching(new RegExp(`^${path} is not what ask-codex wrote; it was left alone \\(.*\\)$`)),
      }),
    );
    expect(() => parseFile(path, SCHEMA)).toThrow(why);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it.each([
    ["of a newer version", '{"version":2,"n":1}', 2],
    ["of a much newer version, with fields that nobody knows", '{"version":12,"m":[]}', 12],
  ])("%s is named as such, and left alone", (_, text, version) => {
    const path = join(tempDir(), "file.json");
    writeFileSync(path, text);
    expect(() => parseFile(path, SCHEMA)).toThrow(
      expect.objectContaining({
        kind: "failed",
        message: `${path} was written by a newer ask-codex (version ${version}): update this one`,
      }),
    );
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("that may be missing is undefined then", () => {
    expect(parseIfThere(join(tempDir(), "file.json"), SCHEMA)).toBeUndefined();
  });

  it("that is missing is named", () => {
    const path = join(tempDir(), "file.json");
    expect(() => parseFile(path, SCHEMA)).toThrow(`the record is incomplete: ${path} is missing`);
  });

  it("stops whoever needs it: the request, the state, the receipt", () => {
    const { dir } = newRecord();
    for (const name of ["request.json", "status.json", "result.json"]) writeFileSync(join(dir, name), "rubbish");
    expect(() => readRequest(dir)).toThrow(/request\.json is not what/);
    expect(() => readStatus(dir)).toThrow(/status\.json is not what/);
    expect(() => readReceipt(dir)).toThrow(/result\.json is not what/);
  });
});

it("a directory that can't be read has nothing in it", () => {
  const dir = tempDir();
  mkdirSync(join(dir, "a"));
  writeFileSync(join(dir, "b"), "");
  expect([listDir(dir).sort(), listDir(join(dir, "none")), listDir(join(dir, "b"))]).toEqual([["a", "b"], [], []]);
});
