import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createGate } from "../kit/gate.ts";
import { inLab, type Lab, until } from "../kit/lab.ts";
import { askedOf, changeSome, FILES, NOTHING_FOUND, nativeAnswer, ourAnswer, resultOf } from "../kit/review.ts";

/** Changed files of some size in directories of their own: with so many bytes a part, each is a part. */
const SIZE = 600;
const BY_FILE = ["--shard-bytes", "1000"];

function changeApart(lab: Lab, parts: number): void {
  for (let at = 1; at <= parts; at++) {
    mkdirSync(join(lab.workspace, `d${at}`));
    writeFileSync(join(lab.workspace, `d${at}`, "x.txt"), "x".repeat(SIZE));
  }
}

const LIMIT = {
  status: 429,
  body: { error: { type: "usage_limit_reached", message: "limit", resets_at: 2_000_000_000 } },
} as const;

test(
  "400 untracked files and a diff of 2 MB: divided, each request under Codex's cap, and what is too much is told",
  () =>
    inLab({ files: { ...FILES, "big/old.txt": "start\n" }, script: [{ say: NOTHING_FOUND }] }, async (lab) => {
      for (let at = 0; at < 400; at++) {
        mkdirSync(join(lab.workspace, `many/${at % 20}`), { recursive: true });
        writeFileSync(join(lab.workspace, `many/${at % 20}/${at}.txt`), `${"line of text\n".repeat(220)}`);
      }
      writeFileSync(join(lab.workspace, "big/old.txt"), "another line\n".repeat(160_000));
      const called = await lab.call("codex_review", ["--uncommitted", "--json", "--quiet"]);
      const result = resultOf(called);
      expect(called.code, called.stderr).toBe(0);
      expect(result.shards.length).toBe(8);
      expect(result.shards.every(({ review }) => review === "parsed")).toBe(true);
      expect(result.omitted.find(({ file }) => file === "big/old.txt")?.why).toContain("larger than a part");
      expect(result.omitted.some(({ why }) => why.includes("beyond the 8 parts"))).toBe(true);
      const seen = [...result.shards.flatMap(({ files }) => files), ...result.omitted.map(({ file }) => file)];
      expect(new Set(seen).size).toBe(401);
      expect(result.review).toBe("incomplete");
      const sizes = lab.model.requests.map(({ body }) => JSON.stringify(body).length);
      expect(Math.max(...sizes)).toBeLessThan(200_000);
      expect(await lab.left()).toEqual([]);
    }),
  120_000,
);

describe("several parts", () => {
  test("are told apart, merged, and printed under 8 KB with the rest in a file", () =>
    inLab({ files: FILES, script: [{ say: ourAnswer(null, { evidence: "much ".repeat(900) }) }] }, async (lab) => {
      changeApart(lab, 2);
      const called = await lab.call("codex_review", ["--uncommitted", "--adversarial", ...BY_FILE]);
      expect(called.code, called.stderr).toBe(0);
      expect(called.stdout).toMatch(/^review_id=v-\S+\nrun_id=r-\S+\nrun_id=r-\S+\nreview=findings\n/);
      expect(Buffer.byteLength(called.stdout)).toBeLessThan(8_192);
      const asked = askedOf(lab);
      expect(asked.map((text) => /- (d\d\/x\.txt) \(untracked\)/.exec(text)?.[1]).sort()).toEqual([
        "d1/x.txt",
        "d2/x.txt",
      ]);
      expect(asked[0]).toContain("Look at these files only");
      const listed = await lab.call("codex_runs", ["list"]);
      expect(listed.stdout).toContain("review 2/2 of");
    }));

  test("of which one meets the usage limit: the others' findings are kept, and the worst verdict counts", () =>
    inLab(
      { files: FILES, provider: "request_max_retries = 0", script: [{ say: ourAnswer("d1/x.txt"), before: [LIMIT] }] },
      async (lab) => {
        changeApart(lab, 3);
        const called = await lab.call("codex_review", ["--uncommitted", "--adversarial", "--json", ...BY_FILE]);
        const result = resultOf(called);
        expect(called.code).toBe(3);
        expect(result).toMatchObject({ review: "findings", verdict: "fatal", exit_code: 3 });
        expect(result.shards.map(({ verdict }) => verdict).sort()).toEqual(["done", "done", "fatal"]);
        expect(result.findings.length).toBeGreaterThan(0);
      },
    ));

  test("go on one after the other where no more may, and wait in line by themselves", () => {
    const gate = createGate();
    return inLab({ files: FILES, script: [{ say: NOTHING_FOUND, gate }] }, async (lab) => {
      changeApart(lab, 3);
      const args = ["--uncommitted", "--adversarial", "--max-parallel", "1", "--background", "--json", ...BY_FILE];
      const started = await lab.call("codex_review", args);
      expect(started.code, started.stderr).toBe(0);
      const { review_id: id, runs } = JSON.parse(started.stdout);
      expect(runs).toHaveLength(3);
      await until(() => gate.waiting === 1);
      const listed = await lab.call("codex_runs", ["list", "--state", "queued"]);
      expect(listed.stdout.match(/review \d\/3/g)).toHaveLength(2);
      gate.open();
      const result = resultOf(await lab.call("codex_review", ["--collect", id, "--json"]));
      expect(result).toMatchObject({ review_id: id, review: "approve" });
      expect(lab.model.requests).toHaveLength(3);
      expect((await lab.call("codex_runs", ["inbox"])).stdout).not.toContain("review 1/3");
      expect(await lab.left()).toEqual([]);
    });
  });
});

describe("a client that goes", () => {
  test.each([
    ["native", []],
    ["adversarial", ["--adversarial", ...BY_FILE]],
  ])("by Ctrl-C cancels every run of a %s review, and leaves no process", (_, more) => {
    const gate = createGate();
    return inLab({ files: FILES, script: [{ say: NOTHING_FOUND, gate }] }, async (lab) => {
      changeApart(lab, 2);
      const parts = more.length === 0 ? 1 : 2;
      const running = lab.start("codex_review", ["--uncommitted", ...more]);
      await until(() => gate.waiting === parts);
      running.kill("SIGINT");
      const called = await running.done;
      expect(called.code, called.stdout + called.stderr).toBe(130);
      expect(called.lines.verdict).toBe("cancelled");
      expect(called.lines.review).toBe("incomplete");
      expect(await lab.left()).toEqual([]);
    });
  });

  test.each(["SIGKILL", "SIGTERM"] as const)("by %s loses nothing: --collect waits for what goes on", (signal) => {
    const gate = createGate();
    return inLab({ files: FILES, script: [{ say: nativeAnswer("a.txt"), gate }] }, async (lab) => {
      changeSome(lab);
      const running = lab.start("codex_review", ["--uncommitted"]);
      const id = await running.line("review_id");
      const runId = await running.line("run_id");
      await until(() => gate.waiting === 1);
      running.kill(signal);
      const left = await running.done;
      if (signal === "SIGTERM") expect(left.stderr).toContain(`--collect ${id}`);
      const collecting = lab.start("codex_review", ["--collect", id]);
      expect(await collecting.line("review_id")).toBe(id);
      gate.open();
      const called = await collecting.done;
      expect(called.code, called.stdout + called.stderr).toBe(0);
      expect(called.lines).toMatchObject({ review: "findings", verdict: "done" });
      expect(lab.receipt(runId).verdict).toBe("done");
      const again = resultOf(await lab.call("codex_review", ["--collect", id, "--json"]));
      expect(again.findings.map(({ state }) => state)).toEqual(["new"]);
      expect(await lab.left()).toEqual([]);
    });
  });
});

test("without a Codex every part says so, and the review is no approval", () =>
  inLab({ files: FILES }, async (lab) => {
    changeSome(lab);
    const called = await lab.call("codex_review", ["--uncommitted"], { env: { ASK_CODEX_BIN: "/no/such/codex" } });
    expect(called.code, called.stdout + called.stderr).toBe(3);
    expect(called.lines.review).not.toBe("approve");
  }));

test("SARIF goes into a file beside the text, or alone to stdout", () =>
  inLab({ files: FILES, script: [{ say: nativeAnswer("a.txt") }] }, async (lab) => {
    changeSome(lab);
    const alone = await lab.call("codex_review", ["--uncommitted", "--sarif", "-"]);
    const log = JSON.parse(alone.stdout);
    expect(log).toMatchObject({ version: "2.1.0" });
    expect(JSON.stringify(log.runs[0].results[0])).toContain("a.txt");
    expect(alone.stderr).toContain("run_id=");
    const id = /^review_id=(.+)$/m.exec(alone.stderr)?.[1] ?? "";
    const beside = await lab.call("codex_review", ["--collect", id, "--sarif", "out.sarif"]);
    expect(beside.lines, beside.stderr).toMatchObject({ review_id: id, review: "findings" });
    const written = JSON.parse(readFileSync(join(lab.workspace, "out.sarif"), "utf8"));
    expect(written.runs[0].results).toEqual(log.runs[0].results);
  }));
