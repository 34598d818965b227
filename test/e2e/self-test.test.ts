import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FACTS } from "../../src/doctor/self-test/facts.ts";
import { SelfTestResult } from "../../src/doctor/self-test/result.ts";
import { type SelfTestOptions, selfTest } from "../../src/doctor/self-test/self-test.ts";
import { listProcesses } from "../../src/sys/process-table.ts";
import { CODEX_WRAPPER, until } from "../kit/lab.ts";

/** A real Codex from before there were permission profiles. */
const OLD = join(
  dirname(createRequire(import.meta.url).resolve("codex-without-profiles/package.json")),
  "bin",
  "codex.js",
);
const LIMIT_MS = 240_000;
/** A busy machine is no Codex that does not answer. */
const PATIENT = { limitMs: 120_000 };

/** Whether a command dies with its interrupted turn depends on how busy the machine is (0.169.0), and with it what is left. */
const BY_CHANCE = ["interrupt.kills", "interrupt.clean"];

let dir: string;
let tmp: string;
beforeEach(() => {
  dir = mkdtempSync(join(realpathSync(tmpdir()), "self test "));
  tmp = join(dir, "tmp");
  for (const name of ["tmp", "home", "codex-home"]) mkdirSync(join(dir, name));
  writeFileSync(join(dir, "codex-home", "config.toml"), "this is [ no TOML\n");
});
afterEach(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));

/** Runs it in a world of which nothing may be touched. */
const tryOut = (bin: string, options: Partial<SelfTestOptions> = {}, env: NodeJS.ProcessEnv = {}) =>
  selfTest(
    {
      env: {
        PATH: process.env.PATH,
        HOME: join(dir, "home"),
        CODEX_HOME: join(dir, "codex-home"),
        TMPDIR: tmp,
        ASK_CODEX_BIN: bin,
        ...env,
      },
    },
    { signal: new AbortController().signal, ...options },
  );

/** Nothing is left of it: no file, no process that ever knew its directory, and the user's home is as it was. */
async function expectNothingLeft(): Promise<void> {
  expect(readdirSync(tmp)).toEqual([]);
  expect(readdirSync(join(dir, "home"))).toEqual([]);
  expect(readdirSync(join(dir, "codex-home"))).toEqual(["config.toml"]);
  expect(readFileSync(join(dir, "codex-home", "config.toml"), "utf8")).toBe("this is [ no TOML\n");
  await until(() => ours().length === 0);
}

function ours(): string[] {
  if (process.platform !== "linux") return [];
  return listProcesses().flatMap(({ pid, zombie, name }) => {
    if (zombie || pid === process.pid) return [];
    try {
      const told = ["environ", "cmdline"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8")).join("");
      return told.includes(dir) ? [`${name} (${pid})`] : [];
    } catch {
      return [];
    }
  });
}

const holding = (result: SelfTestResult) =>
  Object.fromEntries(result.facts.filter(({ id }) => !BY_CHANCE.includes(id)).map(({ id, holds }) => [id, holds]));

/** Every fact holds but these. */
const allBut = (others: Record<string, boolean | "unknown">) => ({
  ...Object.fromEntries(FACTS.filter(({ id }) => !BY_CHANCE.includes(id)).map(({ id }) => [id, true])),
  ...others,
});

/** What no Codex that was tried does as we would have it. */
const NEVER = {
  "turn.usage": false,
  "exec.usage": false,
  "error.unreached": false,
  "login.key": false,
} as const;

describe("a Codex that works", () => {
  test(
    "the installed one: the facts of our table hold, and nobody else is asked",
    async () => {
      const asked: string[] = [];
      const proxy = createServer((socket) => {
        asked.push("somebody");
        socket.destroy();
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const address = proxy.address();
      const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
      const seen: string[] = [];
      const env = { HTTPS_PROXY: url, https_proxy: url, OPENAI_API_KEY: "sk-of-the-user", OPENAI_BASE_URL: url };
      const result = await tryOut(CODEX_WRAPPER, { ...PATIENT, onFact: ({ id }) => void seen.push(id) }, env);
      proxy.close();
      expect(holding(result), JSON.stringify(result.facts, null, 1)).toEqual(
        allBut({ ...NEVER, "profile.file": false }),
      );
      expect(result.ok).toBe(true);
      expect(result.codex.version).toMatch(/^0\.\d+\.\d+/);
      expect(SelfTestResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
      expect(seen.toSorted()).toEqual(FACTS.map(({ id }) => id).toSorted());
      expect(asked).toEqual([]);
      expect(JSON.stringify(result)).not.toContain("sk-of-the-user");
      await expectNothingLeft();
    },
    LIMIT_MS,
  );

  test(
    "an old one: what it lacks is said, and what stands in for it",
    async () => {
      const result = await tryOut(OLD, PATIENT);
      expect(result.codex.version).toBe("0.110.0");
      const expected = allBut({
        ...NEVER,
        "profile.taken": false,
        "profile.file": "unknown",
        "power.scope": false,
        "power.git": false,
        "power.deny-file": false,
        "power.deny-glob": false,
        "power.kept": "unknown",
        "env.only": false,
        "checks.profile": false,
        "turn.steered": false,
        "thread.locked": false,
        "review.tokens": false,
      });
      expect(holding(result), JSON.stringify(result.facts, null, 1)).toEqual(expected);
      expect(result.facts.find(({ id }) => id === "profile.taken")?.saw).toContain("sandbox mode workspace-write");
      expect(result.ok).toBe(true);
      await expectNothingLeft();
    },
    LIMIT_MS,
  );
});

/** A program of ours in the place of Codex. */
function program(text: string): string {
  const path = join(dir, "codex");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o700);
  return path;
}

const SAYS_VERSION = 'if [ "$1" = --version ]; then echo "codex-cli 9.9.9"; exit 0; fi';

describe.skipIf(process.platform === "win32")("a Codex that does not work", () => {
  test.each([
    ["says nothing", "exit 0", /codex does not work as Codex: it said nothing that is known/],
    [
      "is something else",
      "echo 'gadget 1.2.3'",
      /does not work as Codex: it said nothing that is known: gadget 1\.2\.3/,
    ],
    ["fails", "echo broken >&2; exit 3", /does not work as Codex: it ended with code 3: broken/],
    ["hangs", "sleep 600 & exec sleep 600", /does not work as Codex: it was not done after 5 s/],
  ])("one that %s is named in one sentence", async (_, text, message) => {
    await expect(tryOut(program(text))).rejects.toMatchObject({
      kind: "fatal",
      message: expect.stringMatching(message),
    });
    await expectNothingLeft();
  });

  test("one that is not there", async () => {
    await expect(tryOut(join(dir, "none"))).rejects.toMatchObject({
      kind: "fatal",
      hint: expect.stringContaining("npm"),
    });
    await expectNothingLeft();
  });

  test.each([
    ["crashes", "echo boom >&2; exit 7", /exited with code 7 at its start: boom/],
    ["hangs", "sleep 600 & exec sleep 600", /did not answer in time/],
  ])("one that knows its version and then %s fails what is needed, and nobody knows the rest", async (_, text, saw) => {
    const result = await tryOut(program(`${SAYS_VERSION}\n${text}`), { limitMs: 3_000 });
    expect(result.ok).toBe(false);
    const [first, ...others] = result.facts;
    expect(first).toMatchObject({ id: "engine.turn", holds: false, saw: expect.stringMatching(saw) });
    expect(new Set(others.map(({ holds }) => holds))).toEqual(new Set(["unknown"]));
    await expectNothingLeft();
  });

  test("a place where no directory can be made", async () => {
    await expect(tryOut(CODEX_WRAPPER, {}, { TMPDIR: join(dir, "none") })).rejects.toMatchObject({
      kind: "fatal",
      message: expect.stringMatching(/can't make a temporary directory in .*none: it does not exist/),
    });
  });
});

describe("a test that is stopped", () => {
  test("in the middle: it rejects, and nothing is left", { timeout: LIMIT_MS }, async () => {
    const stop = new AbortController();
    const onFact = () => stop.abort();
    await expect(tryOut(CODEX_WRAPPER, { ...PATIENT, signal: stop.signal, onFact })).rejects.toMatchObject({
      kind: "cancelled",
    });
    await expectNothingLeft();
  });

  test("before it began", async () => {
    await expect(tryOut(CODEX_WRAPPER, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "cancelled" });
    await expectNothingLeft();
  });

  test("when its time is up, what was not seen is not known", { timeout: LIMIT_MS }, async () => {
    const result = await tryOut(OLD, { limitMs: 3_000 });
    expect(result.facts.length).toBe(FACTS.length);
    expect(result.facts.find(({ id }) => id === "error.unreached")?.holds).toBe("unknown");
    await expectNothingLeft();
  });
});
