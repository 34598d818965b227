import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BreakerState, QuotaCache } from "../../src/core/gate.ts";
import { RunRequest } from "../../src/core/request.ts";
import { breakerView } from "../../src/gate/breaker.ts";
import { logIn, startUsageService, usageWindow } from "../kit/chatgpt.ts";
import { inLab, type Lab, until } from "../kit/lab.ts";
import { DONE, UNTIL_GO } from "../kit/live.ts";
import type { Beat } from "../kit/scripted-model.ts";

const GOAL = "do it; the tests must pass";
const UNKNOWN_MODEL: Beat = { status: 404, body: { error: { code: "model_not_found", message: "no such model" } } };

/** What the service says of the account beside an answer; the reset in so many seconds. */
function headers(
  primary: number,
  resetsInS: number,
  secondary?: number,
): { at: string; headers: Record<string, string> } {
  const reset = Math.floor(Date.now() / 1000) + resetsInS;
  const window = (name: string, used: number, minutes: number) => ({
    [`x-codex-${name}-used-percent`]: String(used),
    [`x-codex-${name}-window-minutes`]: String(minutes),
    [`x-codex-${name}-reset-at`]: String(reset),
  });
  return {
    at: new Date(reset * 1000).toISOString(),
    headers: {
      ...window("primary", primary, 300),
      ...(secondary === undefined ? {} : window("secondary", secondary, 10_080)),
    },
  };
}

/** The one file that is kept of the quota. */
function quotaFile(lab: Lab): string {
  const [name = "none"] = readdirSync(join(lab.home, "quota"));
  return join(lab.home, "quota", name);
}

/** As if the time until the reset had passed. */
function passReset(lab: Lab): void {
  const kept = QuotaCache.parse(JSON.parse(readFileSync(quotaFile(lab), "utf8")));
  const past = new Date(Date.now() - 1_000).toISOString();
  const reset = (window: QuotaCache["primary"]) => window && { ...window, resets_at: past };
  writeFileSync(
    quotaFile(lab),
    JSON.stringify({ ...kept, primary: reset(kept.primary), secondary: reset(kept.secondary) }),
  );
}

function breakerFiles(lab: Lab): string[] {
  const [key = "none"] = readdirSync(join(lab.home, "workspaces"));
  const dir = join(lab.home, "workspaces", key, "breaker");
  const numbers = readdirSync(dir).map((name) => Number.parseInt(name, 10));
  return numbers.toSorted((one, two) => one - two).map((number) => join(dir, `${number}.json`));
}

/** As if the breaker had opened so many minutes earlier. */
function passMinutes(lab: Lab, minutes: number): void {
  const path = breakerFiles(lab).at(-1) ?? "";
  const state = BreakerState.parse(JSON.parse(readFileSync(path, "utf8")));
  const { opened } = state;
  if (!opened) throw new Error("the breaker is not open");
  const earlier = { ...opened, uptime_ms: opened.uptime_ms - minutes * 60_000 };
  writeFileSync(path, JSON.stringify({ ...state, opened: earlier }));
}

test("a run that tells a full window closes the gate until the reset, but for whoever forces it", () => {
  const full = headers(90, 3_600, 20);
  return inLab({ script: [{ ...DONE, headers: full.headers }] }, async (lab) => {
    const first = await lab.ask("--quota-gate", "85", GOAL);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toMatch(/^quota: unknown \(no run has told it/m);
    expect(lab.receipt(first.lines.run_id ?? "").usage_limit).toEqual({ used_percent: 90, resets_at: full.at });

    const asked = lab.model.requests.length;
    const next = await lab.ask(GOAL);
    expect(next.code, next.stderr).toBe(75);
    expect(next.stderr).toContain(
      `90 % of the primary usage limit are used (the quota gate is at 85 %), and it resets at ${full.at}`,
    );
    expect(next.stdout).toBe("");
    const live = await lab.call("codex_broker", ["start", "--json", GOAL]);
    expect(live.code).toBe(75);
    expect(JSON.parse(live.stdout)).toMatchObject({ verdict: "refused", reason: expect.stringContaining(full.at) });
    expect(lab.model.requests).toHaveLength(asked);

    const forced = await lab.ask("--force", GOAL);
    expect(forced.code, forced.stderr).toBe(0);
    const finding = { known: true, window: "primary", used_percent: 90, resets_at: full.at };
    expect(requestOf(lab, forced.lines.run_id).quota).toEqual({ ...finding, forced: true });
    const higher = await lab.ask("--quota-gate", "95", GOAL);
    expect(requestOf(lab, higher.lines.run_id).quota).toEqual({ ...finding, forced: false });

    passReset(lab);
    lab.model.script([DONE]);
    const after = await lab.ask(GOAL);
    expect(after.code, after.stderr).toBe(0);
    expect(requestOf(lab, after.lines.run_id).quota).toMatchObject({ known: true, used_percent: expect.any(Number) });
  });
});

test("the secondary window counts, and --park waits for its reset", () => {
  const full = headers(10, 3_600, 99);
  return inLab({ script: [{ ...DONE, headers: full.headers }] }, async (lab) => {
    await lab.ask(GOAL);
    const next = await lab.ask(GOAL);
    expect(next.code).toBe(75);
    expect(next.stderr).toContain("99 % of the secondary usage limit");
    const parked = await lab.ask("--park", GOAL);
    expect(parked.code, parked.stderr).toBe(0);
    const runId = parked.lines.run_id ?? "";
    const until = Date.parse(requestOf(lab, runId).background?.notBefore ?? "");
    expect(until - Date.parse(full.at)).toBeGreaterThanOrEqual(2_000);
    expect(until - Date.parse(full.at)).toBeLessThan(10_000);
    expect((await lab.call("codex_runs", ["cancel", runId])).code).toBe(0);
    expect(await lab.left()).toEqual([]);
  });
});

test.each<[name: string, how: "headers" | "words" | "nothing", engine: string]>([
  ["with its reset time", "headers", "app-server"],
  ["with its reset time in words", "words", "app-server"],
  ["with its reset time in words", "words", "exec"],
  ["of which nobody knows the end", "nothing", "app-server"],
])("a usage limit in the middle of a run, %s (%s, %s), is fatal and closes the gate", (_, how, engine) => {
  const full = headers(100, 600);
  const resets_at = Math.floor(Date.parse(full.at) / 1000);
  const error = { type: "usage_limit_reached", message: "limit", plan_type: "plus" };
  const limit: Beat = {
    status: 429,
    body: { error: { ...error, ...(how === "nothing" ? {} : { resets_at }) } },
    ...(how === "headers" ? { headers: full.headers } : {}),
  };
  const script = [{ run: "echo one", ...(how === "headers" ? { headers: headers(60, 600).headers } : {}) }, limit];
  return inLab({ script }, async (lab) => {
    const ended = await lab.ask("--engine", engine, GOAL);
    expect(ended.code, ended.stderr).toBe(3);
    const receipt = lab.receipt(ended.lines.run_id ?? "");
    expect(receipt.verdict).toBe("fatal");
    if (how === "headers") expect(receipt.usage_limit).toEqual({ used_percent: 100, resets_at: full.at });
    const next = await lab.ask(GOAL);
    expect(next.code).toBe(75);
    // Words have no seconds: it is the end of their minute.
    const minuteAfter = new Date((Math.floor(resets_at / 60) + 1) * 60_000).toISOString();
    const said = {
      headers: `it resets at ${full.at}`,
      words: `it resets at ${minuteAfter}`,
      nothing: "nobody knows when",
    };
    expect(next.stderr).toContain(said[how]);
    if (how !== "nothing") return;
    const parked = await lab.ask("--park", GOAL);
    expect(parked.code).toBe(75);
    expect(parked.stderr).toContain("no time that --park could wait for");
  });
});

test("three fatal runs in a row open the breaker of their workspace; a trial closes it", () =>
  inLab({ script: [UNKNOWN_MODEL] }, async (lab) => {
    for (let nth = 1; nth <= 3; nth++) expect((await lab.ask(GOAL)).lines.verdict).toBe("fatal");
    const refused = await lab.ask(GOAL);
    expect(refused.code, refused.stderr).toBe(75);
    expect(refused.stderr).toMatch(
      /3 runs in a row ended fatal in this workspace \(the service doesn't know the model.*\), so nothing is started here from \S+Z until \S+Z\n {2}hint: .*--force/,
    );
    expect((await lab.call("codex_broker", ["start", GOAL])).code).toBe(75);
    expect((await lab.ask("--force", GOAL)).lines.verdict).toBe("fatal");

    passMinutes(lab, 16);
    lab.model.script([UNTIL_GO, DONE]);
    const trial = lab.start("ask_codex", [GOAL]);
    const runId = await trial.line("run_id");
    await until(() => existsSync(join(lab.workspace, "at-work")));
    const second = await lab.ask(GOAL);
    expect(second.code, second.stderr).toBe(75);
    expect(second.stderr).toContain(`run ${runId} tries since`);
    writeFileSync(join(lab.workspace, "go"), "");
    expect((await trial.done).code).toBe(0);
    expect(breakerView(lab.home, lab.workspace, new Date())).toEqual({
      state: "closed",
      fatal_in_a_row: 0,
      until: null,
      last: [],
    });
    lab.model.script([DONE]);
    expect((await lab.ask(GOAL)).code).toBe(0);
  }));

test("files of the gates that are not ours are named, and stop nothing", () =>
  inLab({ script: [{ ...DONE, headers: headers(90, 3_600).headers }] }, async (lab) => {
    await lab.ask(GOAL);
    lab.model.script([UNKNOWN_MODEL]);
    await lab.ask("--force", GOAL);
    const files = [quotaFile(lab), breakerFiles(lab).at(-1) ?? ""];
    for (const path of files) writeFileSync(path, "rubbish");
    lab.model.script([DONE]);
    const run = await lab.ask(GOAL);
    expect(run.code, run.stderr).toBe(0);
    for (const path of files) {
      expect(run.stderr).toContain(`warning: ${path} is not what ask-codex wrote`);
      expect(readFileSync(path, "utf8")).toBe("rubbish");
    }
  }));

test("an account that is logged in is asked before the first start, and blocks nobody when it does not answer", () =>
  inLab({ script: [DONE] }, async (lab) => {
    const window = usageWindow(91, 3_600);
    const service = await startUsageService({ primary: window });
    onTestFinished(() => service.close());
    logIn(lab.codexHome, service.port);
    const refused = await lab.ask(GOAL);
    expect(refused.code, refused.stderr).toBe(75);
    expect(refused.stderr).toContain(new Date(window.reset_at * 1000).toISOString());
    const asked = service.asked.length;
    expect(service.asked.filter((path) => path.endsWith("/wham/usage"))).toHaveLength(1);
    expect((await lab.ask(GOAL)).code).toBe(75);
    expect(service.asked).toHaveLength(asked);

    rmSync(quotaFile(lab));
    service.answer("<html>");
    const run = await lab.ask("--quota-gate", "85", GOAL);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain("quota: unknown (the service gave an answer that Codex can't read)");
    expect(requestOf(lab, run.lines.run_id).quota).toEqual({
      known: false,
      window: null,
      used_percent: null,
      resets_at: null,
      forced: false,
    });
    expect(await lab.left()).toEqual([]);
  }));

const requestOf = (lab: Lab, runId = ""): RunRequest =>
  RunRequest.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "request.json"), "utf8")));
