import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Receipt } from "../../../src/core/record.ts";
import { type Claim, ReviewResult } from "../../../src/core/review.ts";
import { type CollectInput, collectReview, type PartRun } from "../../../src/review/collect-review.ts";
import { changeLedger, ledgerDir, readLedger } from "../../../src/review/ledger-file.ts";
import { waive } from "../../../src/review/waive.ts";
import { createRecord, writeStatus } from "../../../src/run/create-record.ts";
import { writeReceipt } from "../../../src/run/record.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { AT, sampleReceipt } from "../core/samples.ts";
import { requestIn } from "../run/new-record.ts";
import { tempDir } from "../sys/temp-dir.ts";

const SOURCE = "function mean(list) {\n  const sum = add(list);\n  return sum / list.length;\n}\n";
const CLAIM: Claim = {
  ...{ severity: "high", file: "src/a.js", line: 3, end_line: 3, claim: "`mean()` divides by zero for an empty list" },
  ...{ evidence: "list.length may be 0", suggestion: "" },
};
const LEAK: Claim = {
  ...CLAIM,
  severity: "low",
  file: "src/b.js",
  line: 1,
  end_line: 1,
  claim: "The handle is never closed",
};
const says = (...findings: Claim[]) => JSON.stringify({ summary: "Looked.", findings });

/** A workspace with two changed files, and a state home. */
function world(over: Partial<CollectInput> = {}) {
  const dir = tempDir();
  const [workspace, home] = [join(dir, "w"), join(dir, "state")];
  mkdirSync(join(workspace, "src"), { recursive: true });
  execFileSync("git", ["init", "-q", workspace]);
  for (const [name, text] of [
    ["src/a.js", SOURCE],
    ["src/b.js", "open(path);\n"],
  ] as const)
    writeFileSync(join(workspace, name), text);
  const input = (nth: number, parts: PartRun[], more: Partial<CollectInput> = {}): CollectInput => ({
    ...{
      home,
      workspace,
      branch: "main",
      head: null,
      reviewId: `v-20261121-12000${nth}-aaaa`,
      kind: "native",
      focus: null,
    },
    ...{
      target: { type: "uncommitted", head: null },
      parts,
      omitted: [],
      env: process.env,
      startedAt: AT,
      now: new Date(AT),
    },
    changes: [
      { file: "src/a.js", ranges: [[1, 4]] },
      { file: "src/b.js", ranges: [[1, 1]] },
    ],
    ...over,
    ...more,
  });
  let runs = 0;
  const part = (
    answer: string,
    { files = ["src/a.js", "src/b.js"], ...receipt }: Partial<Receipt> & { files?: string[] } = {},
  ): PartRun => {
    const runId = `r-20261121-120000-aa${String(++runs).padStart(2, "a")}`;
    const made = createRecord(home, requestIn(home, { runId, workspace }));
    writeReceipt(made, sampleReceipt({ run_id: runId, workspace, answer, ...receipt }));
    const target = { type: "uncommitted", head: null } as const;
    return { runId, dir: made, part: { id: "v", kind: "native", target, shard: 1, of: 1, files } };
  };
  return { home, workspace, input, part };
}

const states = ({ findings }: ReviewResult) => findings.map(({ claim, state }) => [claim, state]);

test("three reviews of a branch: new, then fixed and repeated, then waived and approved", async () => {
  const { workspace, home, input, part } = world();
  const first = await collectReview(input(1, [part(says(CLAIM, LEAK))]));
  expect(ReviewResult.parse(first)).toEqual(first);
  expect(first).toMatchObject({ review: "findings", verdict: "done", exit_code: 0, fixed: [], tokens: { input: 300 } });
  expect(states(first)).toEqual([
    [CLAIM.claim, "new"],
    [LEAK.claim, "new"],
  ]);

  writeFileSync(
    join(workspace, "src/a.js"),
    SOURCE.replace("sum / list.length", "list.length ? sum / list.length : 0"),
  );
  const second = await collectReview(input(2, [part(says({ ...LEAK, claim: "the file handle is never closed" }))]));
  expect(states(second)).toEqual([["the file handle is never closed", "repeated"]]);
  expect(second.fixed).toEqual([{ id: first.findings[0]?.id, file: "src/a.js", claim: CLAIM.claim }]);
  expect(second.findings[0]?.id).toBe(first.findings[1]?.id);

  const owner = { home, workspace, branch: "main", head: null };
  changeLedger(owner, (ledger) => waive(ledger, second.findings[0]?.id ?? "", "closed on exit", new Date()));
  const third = await collectReview(input(3, [part(says(LEAK))]));
  expect(third).toMatchObject({
    review: "approve",
    exit_code: 0,
    findings: [{ state: "waived", waived: "closed on exit" }],
  });
  expect(third.fixed).toEqual([]);
  expect(readFileSync(third.output_path ?? "", "utf8")).toContain("closed on exit");
});

test("collecting the same review again says the same and writes no new state", async () => {
  const { input, part, home, workspace } = world();
  await collectReview(input(1, [part(says(CLAIM, LEAK))]));
  const again = input(2, [part(says(CLAIM))]);
  const second = await collectReview(again);
  const dir = ledgerDir({ home, workspace, branch: "main", head: null });
  const before = readdirSync(dir);
  expect(await collectReview(again)).toEqual(second);
  expect(readdirSync(dir)).toEqual(before);
  const { output_path: path } = second;
  const kept = join(home, "workspaces", readdirSync(join(home, "workspaces"))[0] ?? "", "reviews", second.review_id);
  expect(JSON.parse(readFileSync(join(kept, "review.json"), "utf8"))).toEqual(second);
  expect(readFileSync(join(kept, "review.md"), "utf8")).toBe(readFileSync(path ?? "", "utf8"));
});

test("parts about the same lines become one finding, and an invented file is seen", async () => {
  const { input, part, workspace } = world();
  const ghost = { ...CLAIM, file: `${workspace}/src/ghost.js`, claim: "The ghost leaks" };
  const passwd = { ...CLAIM, file: "../../etc/passwd", claim: "Passwords are readable" };
  const parts = [
    part(says({ ...CLAIM, severity: "low", evidence: "one" }, ghost)),
    part(says({ ...CLAIM, file: `${workspace}/src/./a.js`, line: 4, end_line: 9, evidence: "two" }, passwd)),
  ];
  const { findings } = await collectReview(input(1, parts));
  expect(findings).toMatchObject([
    { file: null, place: "outside", note: expect.stringContaining("outside of the workspace") },
    { file: "src/a.js", severity: "high", line: 3, end_line: 4, place: "change", evidence: "two\n\none" },
    { file: "src/ghost.js", line: null, place: "outside", note: "there is no such file" },
  ]);
});

test.each<[what: string, make: (of: ReturnType<typeof world>) => PartRun, review: string, exit: number, shard: object]>(
  [
    ["prose", ({ part }) => part("Looks good to me."), "unparsed", 6, { review: "unparsed", raw: "Looks good to me." }],
    ["nothing", ({ part }) => part(""), "unparsed", 6, { review: "unparsed", reason: "the answer is empty" }],
    [
      "a timeout",
      ({ part }) => part(says(), { verdict: "timeout", exit_code: 2, reason: "it hung" }),
      "incomplete",
      2,
      { review: "none", reason: "timeout: it hung" },
    ],
    [
      "findings before a timeout",
      ({ part }) => part(says(CLAIM), { verdict: "timeout", exit_code: 2 }),
      "findings",
      2,
      { review: "none" },
    ],
    [
      "a broken schema",
      ({ part }) => part("{}", { verdict: "unverified", exit_code: 6 }),
      "unparsed",
      6,
      { review: "unparsed" },
    ],
    [
      "an answer that was cut",
      ({ part }) => part(says(CLAIM).slice(0, -9), { answer_truncated: true }),
      "unparsed",
      6,
      { reason: expect.stringContaining("it was too long and is cut") },
    ],
    [
      "no record",
      ({ part, home }) => ({ ...part(says()), dir: join(home, "gone") }),
      "incomplete",
      6,
      { review: "none", verdict: null },
    ],
    [
      "a damaged record",
      ({ part }) => {
        const one = part(says());
        writeFileSync(join(one.dir, "result.json"), "{");
        return one;
      },
      "incomplete",
      6,
      { review: "none" },
    ],
    [
      "no start",
      ({ part }) => ({ ...part(says()), failure: { verdict: "refused", reason: "the breaker is open" } }),
      "incomplete",
      75,
      { verdict: "refused", exit_code: 75 },
    ],
  ],
)("%s never approves", async (_, make, review, exit_code, shard) => {
  const here = world();
  const result = await collectReview(here.input(1, [here.part(says()), make(here)]));
  expect(result).toMatchObject({ review, exit_code });
  expect(result.shards[1]).toMatchObject(shard);
});

test("a part that goes on makes it incomplete", async () => {
  const { home, workspace, input, part } = world();
  const runId = "r-20261121-120000-live";
  const dir = createRecord(home, requestIn(home, { runId, workspace }));
  writeStatus(dir, { version: 1, runId, state: "running", updatedAt: AT, owner: currentOwner() });
  const result = await collectReview(input(1, [{ ...part(says()), runId, dir }]));
  expect(result).toMatchObject({
    review: "incomplete",
    verdict: "unverified",
    shards: [{ verdict: null, exit_code: null }],
  });
});

test("what no part was given is left out, and said", async () => {
  const { input, part } = world();
  const result = await collectReview(input(1, [part(says(), { files: ["src/a.js"] })]));
  expect(result).toMatchObject({ review: "incomplete", omitted: [{ file: "src/b.js", why: "no part was given it" }] });
});

test("nothing is fixed by a part that was not read, nor by a review of old, nor by a file that was not looked at", async () => {
  const { input, part } = world();
  await collectReview(input(1, [part(says(CLAIM, LEAK))]));
  const unread = await collectReview(input(2, [part("prose")]));
  expect(unread.fixed).toEqual([]);
  const old = { type: "commit", sha: "a".repeat(40), title: "" } as const;
  expect((await collectReview(input(3, [part(says())], { target: old, head: "b".repeat(40) }))).fixed).toEqual([]);
  const other = await collectReview(
    input(4, [part(says(), { files: ["src/a.js"] })], { omitted: [{ file: "src/b.js", bytes: 1, why: "big" }] }),
  );
  expect(other.fixed.map(({ file }) => file)).toEqual(["src/a.js"]);
  const elsewhere = await collectReview(
    input(5, [part(says())], {
      changes: [
        { file: "src/a.js", ranges: [[1, 4]] },
        { file: "src/b.js", ranges: [] },
      ],
    }),
  );
  expect(elsewhere.fixed).toEqual([]);
});

test("a finding follows its file to a new name", async () => {
  const { input, part, workspace } = world();
  const first = await collectReview(input(1, [part(says(CLAIM))]));
  mkdirSync(join(workspace, "lib"));
  writeFileSync(join(workspace, "lib/mean.js"), SOURCE);
  rmSync(join(workspace, "src/a.js"));
  const changes = [{ file: "lib/mean.js", from: "src/a.js", ranges: [[1, 4]] as const }];
  const moved = part(says({ ...CLAIM, file: "lib/mean.js" }), { files: ["lib/mean.js"] });
  const second = await collectReview(input(2, [moved], { changes }));
  expect(second.findings).toMatchObject([{ id: first.findings[0]?.id, state: "repeated", file: "lib/mean.js" }]);
});

test("a damaged ledger is named, left alone, and takes no finding away", async () => {
  const { home, workspace, input, part } = world();
  const owner = { home, workspace, branch: "main", head: null };
  await collectReview(input(1, [part(says(CLAIM))]));
  const path = join(ledgerDir(owner), "2.json");
  writeFileSync(path, "{ damaged");
  const result = await collectReview(input(2, [part(says(CLAIM))]));
  expect(result).toMatchObject({ review: "findings", findings: [{ state: "new" }], fixed: [] });
  expect(result.ledger_problem).toContain(path);
  expect(readFileSync(result.output_path ?? "", "utf8")).toContain("warning: ledger: ");
  expect(readFileSync(path, "utf8")).toBe("{ damaged");
});

test("branches and detached heads do not know of each other", async () => {
  const { input, part, home, workspace } = world();
  await collectReview(input(1, [part(says(CLAIM))]));
  for (const over of [{ branch: "other" }, { branch: null, head: "a".repeat(40) }])
    expect(states(await collectReview(input(2, [part(says(CLAIM))], over)))).toEqual([[CLAIM.claim, "new"]]);
  expect(readLedger({ home, workspace, branch: null, head: "a".repeat(40) }).entries).toHaveLength(1);
});

test("no secret gets into anything that is written", async () => {
  const { input, part, home, workspace } = world();
  const secret = `ghp_${"a1B2".repeat(9)}`;
  const leaky = { ...CLAIM, claim: `The key ${secret} is in it`, evidence: secret, suggestion: secret };
  const result = await collectReview(
    input(1, [part(says(leaky)), part(`prose ${secret}`)], { focus: `not ${secret}` }),
  );
  const written = [home, join(workspace, ".ask-codex")].flatMap((root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && !file.parentPath.includes("/runs/"))
      .map((file) => readFileSync(join(file.parentPath, file.name), "utf8")),
  );
  expect(written.length).toBeGreaterThan(3);
  expect(`${JSON.stringify(result)}${written.join("")}`).not.toContain(secret);
  expect(result.findings[0]?.claim).toBe("The key [redacted:github-token] is in it");
});

test("a workspace whose answer folder is a link gets its Markdown in the record", async () => {
  const { input, part, workspace, home } = world();
  symlinkSync(home, join(workspace, ".ask-codex"));
  const result = await collectReview(input(1, [part(says(CLAIM))]));
  expect(dirname(result.output_path ?? "").startsWith(home)).toBe(true);
  expect(readFileSync(result.output_path ?? "", "utf8")).toContain(`output_path=${result.output_path}`);
});

test("a commit is looked at as it was, whatever lies in the tree today", async () => {
  const { input, part, workspace } = world();
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
      cwd: workspace,
      encoding: "utf8",
    }).trim();
  git("add", ".");
  git("commit", "-qm", "one");
  const sha = git("rev-parse", "HEAD");
  writeFileSync(join(workspace, "src/a.js"), "");
  const target = { type: "commit", sha, title: "one" } as const;
  const { findings } = await collectReview(
    input(1, [part(says(CLAIM, { ...LEAK, file: "src/ghost.js" }))], { target, head: sha }),
  );
  expect(findings).toMatchObject([
    { file: "src/a.js", line: 3, place: "change" },
    { file: "src/ghost.js", place: "outside", note: "there is no such file" },
  ]);
});
