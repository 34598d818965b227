import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT_TABLE, exitCodeOf } from "../../../src/core/exit-table.ts";
import type { Owner } from "../../../src/core/request.ts";
import { writeStatus } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { claimRunKey, findKeyHolder } from "../../../src/run/run-keys.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { workspaceDir } from "../../../src/sys/paths.ts";
import { AT, sampleReceipt } from "../core/samples.ts";
import { race } from "../sys/race.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { newRecord } from "./new-record.ts";

const WORKSPACE = "/work/a project";
const ALIVE = currentOwner();
const DEAD: Owner = { ...ALIVE, pid: 2 ** 30 };
const ONE = "r-20261121-051103-aaaa";
const TWO = "r-20261121-051104-bbbb";
const THREE = "r-20261121-051105-cccc";

const folder = (home: string) => join(workspaceDir(home, WORKSPACE), "run-keys");
const record = (runId: string, home?: string) => newRecord({ runId, starter: ALIVE }, home);
const claim = (home: string, runId: string, key = "nightly", workspace = WORKSPACE) =>
  claimRunKey(home, workspace, key, { runId, digest: `digest of ${runId}` });

/** A key whose run, ONE, has the receipt; TWO has a record and comes for the key. */
async function ended(verdict: (typeof EXIT_TABLE)[number]["verdict"]) {
  const { home, dir } = record(ONE);
  await claim(home, ONE);
  writeStatus(dir, { version: 1, runId: ONE, state: "running", updatedAt: AT, owner: ALIVE });
  writeReceipt(dir, sampleReceipt({ run_id: ONE, record: dir, verdict, exit_code: exitCodeOf(verdict) }));
  record(TWO, home);
  return { home, dir };
}

describe("a key", () => {
  it("stands for the first run that claims it, as long as that is at work", async () => {
    const { home, dir } = record(ONE);
    record(TWO, home);
    expect(await findKeyHolder(home, WORKSPACE, "nightly")).toBeUndefined();
    expect(await claim(home, ONE)).toBeUndefined();
    const first = { runId: ONE, dir, digest: `digest of ${ONE}` };
    expect(await claim(home, TWO)).toEqual(first);
    expect(await claim(home, ONE)).toBeUndefined();
    expect(await findKeyHolder(home, WORKSPACE, "nightly")).toEqual(first);
  });

  it("is kept in a file that only its user reads, and without a secret", async () => {
    const { home } = record(ONE);
    const secret = `ghp_${"aB3dE5gH7j".repeat(4)}`;
    await claim(home, ONE, secret);
    const [name = ""] = readdirSync(folder(home));
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    const path = join(folder(home), name, "1.json");
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      version: 1,
      key: "[redacted:github-token]",
      run_id: ONE,
      digest: `digest of ${ONE}`,
    });
    expect([folder(home), path].map((one) => statSync(one).mode & 0o777)).toEqual([0o700, 0o600]);
  });

  it("is another one in another workspace, and every text is one of its own", async () => {
    const { home } = record(ONE);
    record(TWO, home);
    await claim(home, ONE);
    for (const key of ["Nightly", "nightly ", "../nightly", "x".repeat(10_000), "ключ"])
      expect(await claim(home, TWO, key), key).toBeUndefined();
    expect(await findKeyHolder(home, "/elsewhere", "nightly")).toBeUndefined();
  });

  it.each(EXIT_TABLE.map(({ verdict }) => verdict))("of a run that ended %s", async (verdict) => {
    const { home } = await ended(verdict);
    const frees = ["cancelled", "killed", "lost", "fatal"].includes(verdict);
    expect((await findKeyHolder(home, WORKSPACE, "nightly"))?.runId).toBe(frees ? undefined : ONE);
    expect((await claim(home, TWO))?.runId).toBe(frees ? undefined : ONE);
    expect((await findKeyHolder(home, WORKSPACE, "nightly"))?.runId).toBe(frees ? TWO : ONE);
  });

  it("is free when the record of its run is gone, or never came to be", async () => {
    const { home, dir } = record(ONE);
    await claim(home, ONE);
    rmSync(dir, { recursive: true });
    expect(await findKeyHolder(home, WORKSPACE, "nightly")).toBeUndefined();
    mkdirSync(dir);
    record(TWO, home);
    expect(await claim(home, TWO)).toBeUndefined();
    expect((await findKeyHolder(home, WORKSPACE, "nightly"))?.runId).toBe(TWO);
  });

  it("is free when the starter died before its broker came, or the broker died", async () => {
    for (const owner of [undefined, DEAD]) {
      const { home, dir } = newRecord({ runId: ONE, starter: DEAD });
      await claim(home, ONE);
      writeStatus(dir, { version: 1, runId: ONE, state: "queued", updatedAt: AT, ...(owner ? { owner } : {}) });
      const old = new Date(Date.now() - 60_000);
      utimesSync(join(dir, "status.json"), old, old);
      expect(await findKeyHolder(home, WORKSPACE, "nightly")).toBeUndefined();
    }
  });

  it("whose claim is not what we wrote is named and left alone", async () => {
    const { home } = record(ONE);
    await claim(home, ONE);
    const path = join(folder(home), readdirSync(folder(home))[0] ?? "", "1.json");
    writeFileSync(path, "rubbish");
    await expect(claim(home, TWO)).rejects.toThrow("1.json is not what ask-codex wrote");
    expect(readFileSync(path, "utf8")).toBe("rubbish");
  });
});

describe("several at once", () => {
  it("that come for a key which became free are one, and the others are told whose it is", async () => {
    const { home } = await ended("cancelled");
    record(THREE, home);
    const holders = await Promise.all([TWO, THREE].map(async (id) => (await claim(home, id))?.runId ?? id));
    expect(new Set(holders).size).toBe(1);
    expect([TWO, THREE]).toContain(holders[0]);
  });

  it("in 6 processes have one run a key, and all of them say which", async () => {
    const home = join(tempDir(), "state");
    const argvs = Array.from({ length: 6 }, (_, at) => [home, `zzz${at}`, "8"]);
    const ends = await race(join(import.meta.dirname, "run-key-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
    const said = ends.map((end) => /holders (.*)/.exec(end.said)?.[1]);
    expect(new Set(said).size).toBe(1);
    expect(JSON.parse(said[0] ?? "[]")).toHaveLength(8);
  });
});
