import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { QuotaCache } from "../../../src/core/gate.ts";
import type { Receipt } from "../../../src/core/record.ts";
import { breakerView } from "../../../src/gate/breaker.ts";
import { learnFromRun } from "../../../src/gate/learn.ts";
import { type AccountAnswer, checkQuota } from "../../../src/gate/quota.ts";
import { hasChatGptLogin, quotaPath } from "../../../src/gate/quota-place.ts";
import { classifyError } from "../../../src/run/classify-error.ts";
import { sampleReceipt, sampleRequest } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3_600;
const LOGIN = { auth_mode: "chatgpt", tokens: { id_token: "x", access_token: "x" } };
const window = (usedPercent: number) => ({ usedPercent, resetsAt: IN_AN_HOUR, windowMinutes: 300 });
const limits = (usedPercent: number) => ({ type: "limits" as const, ...window(usedPercent) });

/** A state home and a Codex home; `asked` counts how often the account was asked. */
function world(auth?: unknown, answer: AccountAnswer = { why: "it was not to be asked" }) {
  const dir = tempDir();
  const codexHome = join(dir, "codex");
  const home = join(dir, "state");
  mkdirSync(codexHome);
  if (auth !== undefined)
    writeFileSync(join(codexHome, "auth.json"), typeof auth === "string" ? auth : JSON.stringify(auth));
  const env = { CODEX_HOME: codexHome };
  const asked: string[] = [];
  const check = (now = new Date()) =>
    checkQuota({
      home,
      env,
      gate: 85,
      now,
      ask: async (of) => {
        asked.push(of);
        return answer;
      },
    });
  const learn = (usedPercent: number | undefined, receipt: Partial<Receipt> = {}) =>
    learnFromRun(
      home,
      sampleRequest(),
      sampleReceipt(receipt),
      usedPercent === undefined ? undefined : limits(usedPercent),
      env,
    );
  return { dir, home, codexHome, env, asked, check, learn, path: quotaPath(home, codexHome) };
}
const kept = (path: string) => QuotaCache.parse(JSON.parse(readFileSync(path, "utf8")));

describe("a login", () => {
  it.each<[name: string, auth: unknown, has: boolean]>([
    ["of ChatGPT", LOGIN, true],
    ["of ChatGPT, without its mode", { tokens: {} }, true],
    ["by key", { auth_mode: "apikey", OPENAI_API_KEY: "k", tokens: null }, false],
    ["by key, after one of ChatGPT", { ...LOGIN, auth_mode: "apikey" }, false],
    ["by key alone", { OPENAI_API_KEY: "k" }, false],
    ["that is empty", {}, false],
    ["that is no JSON", "rubbish", false],
    ["that is null", "null", false],
  ])("%s", (_, auth, has) => {
    expect(hasChatGptLogin(world(auth).codexHome)).toBe(has);
  });

  it("that is not there", () => {
    expect(hasChatGptLogin(world().codexHome)).toBe(false);
    expect(hasChatGptLogin("/nowhere/at/all")).toBe(false);
  });
});

describe("without a login", () => {
  it("nobody is asked, nothing is written, and the quota is unknown", async () => {
    const { home, dir, check, asked } = world();
    expect(await check()).toMatchObject({
      finding: { known: false, window: null, used_percent: null, resets_at: null, forced: false },
      closed: false,
      why: expect.stringContaining("no ChatGPT login"),
    });
    expect(asked).toEqual([]);
    expect(readdirSync(dir)).toEqual(["codex"]);
    expect(home).toContain(dir);
  });

  it("what a run told counts", async () => {
    const { check, learn, path, codexHome } = world();
    learn(90);
    expect(await check()).toMatchObject({
      finding: {
        known: true,
        window: "primary",
        used_percent: 90,
        resets_at: new Date(IN_AN_HOUR * 1000).toISOString(),
      },
      closed: true,
    });
    expect(kept(path)).toMatchObject({ source: "run", codex_home: codexHome, secondary: null });
  });
});

describe("with a ChatGPT login", () => {
  it("the account is asked once, and again after ten minutes", async () => {
    const { check, asked, path, codexHome } = world(LOGIN, { windows: { primary: window(37), secondary: window(40) } });
    expect((await check()).finding).toMatchObject({ known: true, window: "secondary", used_percent: 40 });
    expect(kept(path)).toMatchObject({ source: "read", unanswered: null });
    await check();
    expect(asked).toEqual([codexHome]);
    await check(new Date(Date.now() + 11 * 60_000));
    expect(asked).toHaveLength(2);
  });

  it("the account is asked by one of many starts at once", async () => {
    const { check, asked } = world(LOGIN, { windows: { primary: window(90) } });
    const checked = await Promise.all([check(), check(), check()]);
    expect(asked).toHaveLength(1);
    expect(checked.map(({ closed }) => closed)).toEqual([true, false, false]);
    expect(checked[1]).toMatchObject({ finding: { known: false }, why: "the account is being asked" });
    expect(await check()).toMatchObject({ closed: true });
  });

  it("one who is over the gate is not asked before the reset", async () => {
    const { check, asked } = world(LOGIN, { windows: { primary: window(90) } });
    await check();
    expect(await check(new Date(Date.now() + 50 * 60_000))).toMatchObject({ closed: true });
    expect(asked).toHaveLength(1);
    expect(await check(new Date(Date.now() + 61 * 60_000))).toMatchObject({ closed: false });
    expect(asked).toHaveLength(2);
  });

  it("who does not answer blocks nobody, is left in peace for a while, and what was known stays", async () => {
    const { check, learn, asked, path } = world(LOGIN, { why: "the account can't be asked" });
    expect(await check()).toMatchObject({
      finding: { known: false },
      closed: false,
      why: "the account can't be asked",
    });
    expect(await check()).toMatchObject({ why: "the account can't be asked" });
    expect(asked).toHaveLength(1);
    learn(40);
    expect(await check(new Date(Date.now() + 11 * 60_000))).toMatchObject({
      finding: { known: true, used_percent: 40 },
    });
    expect(kept(path)).toMatchObject({
      source: "run",
      primary: { used_percent: 40 },
      unanswered: { why: "the account can't be asked" },
    });
  });

  it("who has no windows is unknown, and is not asked again at once", async () => {
    const { check, asked } = world(LOGIN, { windows: { primary: null, secondary: null } });
    expect(await check()).toMatchObject({ finding: { known: false }, why: "the account does not say" });
    expect(await check()).toMatchObject({ finding: { known: false } });
    expect(asked).toHaveLength(1);
  });

  it("and a home that can't be written to is asked every time, and goes on", async () => {
    const { check, home, asked } = world(LOGIN, { windows: { primary: window(37) } });
    writeFileSync(home, "a file");
    expect(await check()).toMatchObject({ finding: { known: true, used_percent: 37 } });
    expect(asked).toHaveLength(1);
  });
});

describe("what is kept", () => {
  it.each(["rubbish", "", "{}", "[1]", JSON.stringify({ version: 2 })])(
    "and is %j is named and left alone",
    async (text) => {
      const { check, learn, path, asked } = world(LOGIN);
      learn(90);
      writeFileSync(path, text);
      const checked = await check();
      expect(checked).toMatchObject({
        finding: { known: false },
        closed: false,
        problem: expect.stringContaining(path),
      });
      learn(95);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(asked).toEqual([]);
    },
  );

  it("is of the real Codex home, however it is called", async () => {
    const { dir, home, codexHome, learn } = world();
    learn(90);
    symlinkSync(codexHome, join(dir, "link"));
    const about = { home, gate: 85, now: new Date(), ask: async () => ({ why: "" }) };
    expect(await checkQuota({ ...about, env: { CODEX_HOME: join(dir, "link") } })).toMatchObject({ closed: true });
    expect(await checkQuota({ ...about, env: { CODEX_HOME: dir } })).toMatchObject({ closed: false });
    expect(await checkQuota({ ...about, env: { HOME: dir } })).toMatchObject({ closed: false });
  });
});

describe("a run that is over", () => {
  const LIMIT = classifyError({ message: "You've hit your usage limit.", code: "usageLimitExceeded" });

  it("by a usage limit has used all of it, until the reset", async () => {
    const { learn, check } = world();
    learn(96, { verdict: "fatal", reason: LIMIT.reason });
    expect((await check()).finding).toMatchObject({
      used_percent: 100,
      resets_at: new Date(IN_AN_HOUR * 1000).toISOString(),
    });
  });

  it("by a usage limit of which nothing else is known closes the gate for a quarter of an hour", async () => {
    const { learn, check } = world();
    learn(undefined, { verdict: "fatal", reason: LIMIT.reason });
    expect(await check()).toMatchObject({ closed: true, finding: { used_percent: 100, resets_at: null } });
    expect(await check(new Date(Date.now() + 16 * 60_000))).toMatchObject({ closed: false, finding: { known: false } });
  });

  it("counts for the breaker where it was fatal, and writes nothing where there is nothing to learn", () => {
    const { home, dir, learn } = world();
    learn(undefined);
    learn(undefined, { verdict: "cancelled" });
    expect(readdirSync(dir)).toEqual(["codex"]);
    const { workspace } = sampleRequest();
    learn(undefined, { verdict: "fatal", reason: "no" });
    expect(breakerView(home, workspace, new Date())).toMatchObject({ fatal_in_a_row: 1, last: [{ reason: "no" }] });
    learn(undefined, { verdict: "failed" });
    expect(breakerView(home, workspace, new Date())).toMatchObject({ fatal_in_a_row: 0 });
  });

  it("never throws", () => {
    const { home, learn } = world();
    writeFileSync(home, "a file");
    expect(() => learn(90, { verdict: "fatal", reason: LIMIT.reason })).not.toThrow();
  });
});
