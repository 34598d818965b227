import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRecord } from "../../../src/run/create-record.ts";
import { readReceipt, readRequest, readStatus } from "../../../src/run/record.ts";
import { runDir } from "../../../src/sys/paths.ts";
import { AT, RUN_ID } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { newRecord, requestIn } from "./new-record.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const read = (dir: string, name: string) => readFileSync(join(dir, name), "utf8");

describe("a new record", () => {
  it("has all that the broker needs, before there is one", () => {
    const { home, request, dir } = newRecord();
    expect(dir).toBe(runDir(home, request.workspace, RUN_ID));
    expect(readdirSync(dir).sort()).toEqual(["broker.log", "prompt.md", "request.json", "status.json", "task.md"]);
    expect(readRequest(dir)).toEqual(request);
    expect(readStatus(dir)).toEqual({ version: 1, runId: RUN_ID, state: "queued", updatedAt: AT });
    expect(readReceipt(dir)).toBeUndefined();
    expect(read(dir, "task.md")).toBe("fix the login test\n");
    expect(read(dir, "prompt.md")).toBe(`${request.prompt}\n`);
    expect(read(dir, "broker.log")).toBe("");
  });

  it("is for its user alone, from the state home down", () => {
    const { home, dir } = newRecord();
    for (const name of readdirSync(dir)) expect(modeOf(join(dir, name)), name).toBe("600");
    for (let at = dir; at !== dirname(home); at = dirname(at)) expect(modeOf(at), at).toBe("700");
    const beside = [join(home, "sockets"), join(home, "tmp"), join(dir, "..", "..", "sessions")];
    expect(beside.map(modeOf)).toEqual(["700", "700", "700"]);
  });

  it("is never one that exists", () => {
    const { home, request, dir } = newRecord();
    writeFileSync(join(dir, "task.md"), "mine\n");
    expect(() => createRecord(home, request)).toThrow(/can't create .*: it already exists/);
    expect(read(dir, "task.md")).toBe("mine\n");
  });

  it("leaves nothing behind where it can't be made whole", () => {
    const home = join(tempDir(), "state");
    const request = requestIn(home, { schema: 1n });
    expect(() => createRecord(home, request)).toThrow();
    expect(existsSync(runDir(home, request.workspace, RUN_ID))).toBe(false);
    createRecord(home, requestIn(home));
  });

  it.each<[string, (home: string) => unknown]>([
    ["the state home is a file", (home) => writeFileSync(home, "")],
    ["the state home is a link", (home) => symlinkSync(".", home)],
    ["the sockets' place is taken", (home) => [mkdirSync(home), writeFileSync(join(home, "sockets"), "")]],
    ["the temporary directories' place is taken", (home) => [mkdirSync(home), writeFileSync(join(home, "tmp"), "")]],
    [
      "the temporary directories' place leads elsewhere",
      (home) => [mkdirSync(home), symlinkSync("..", join(home, "tmp"))],
    ],
    ["the sockets' place leads elsewhere", (home) => [mkdirSync(home), symlinkSync("..", join(home, "sockets"))]],
  ])("is not made where %s", (_, make) => {
    const home = join(tempDir(), "state");
    make(home);
    expect(() => createRecord(home, requestIn(home))).toThrow(/can't use the directory/);
  });
});
