import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { inLab, type Lab } from "../kit/lab.ts";
import {
  askedOf,
  changeSome,
  commitAll,
  FILES,
  NOTHING_FOUND,
  nativeAnswer,
  ourAnswer,
  resultOf,
  tryingToWrite,
} from "../kit/review.ts";

const OLD = join(
  dirname(createRequire(import.meta.url).resolve("codex-without-profiles/package.json")),
  "bin",
  "codex.js",
);

const headOf = (lab: Lab, ref = "HEAD") => lab.git("rev-parse", ref).trim();
const outputsOf = (lab: Lab) => JSON.stringify(lab.model.requests.at(-1)?.body.input);

/** A branch with a commit of its own, and a change that is not committed. */
function branchOff(lab: Lab): { base: string; tip: string } {
  const base = headOf(lab);
  lab.git("checkout", "-q", "-b", "topic");
  writeFileSync(join(lab.workspace, "a.txt"), "on the branch\n");
  commitAll(lab, "change a");
  writeFileSync(join(lab.workspace, "src/b.ts"), "export const b = 2;\n");
  return { base, tip: headOf(lab) };
}

describe.each([
  ["native", [], nativeAnswer("a.txt")],
  ["adversarial", ["--adversarial"], ourAnswer("a.txt")],
] as const)("a %s review", (kind, more, answer) => {
  test.each([
    ["--uncommitted", () => ["--uncommitted"], ["a.txt", "new.txt"]],
    ["--base", () => ["--base", "main"], ["a.txt", "src/b.ts"]],
    ["--commit", () => ["--commit", "topic"], ["a.txt"]],
  ])("of %s finds what the model says, tells the tokens, and can write nothing", (what, args, files) =>
    inLab({ files: FILES, script: tryingToWrite(answer) }, async (lab) => {
      const { base, tip } = what === "--uncommitted" ? { base: headOf(lab), tip: headOf(lab) } : branchOff(lab);
      if (what === "--uncommitted") changeSome(lab);
      const before = lab.git("status", "--porcelain");
      const called = await lab.call("codex_review", [...args(), ...more, "--json"]);
      const result = resultOf(called);
      expect(called.code, called.stderr).toBe(0);
      expect(result).toMatchObject({
        kind,
        review: "findings",
        verdict: "done",
        omitted: [],
        branch: what === "--uncommitted" ? "main" : "topic",
      });
      expect(result.findings.map(({ file, place }) => ({ file, place }))).toEqual([{ file: "a.txt", place: "change" }]);
      expect(result.shards.map((shard) => shard.files)).toEqual([files]);
      expect(result.tokens).toEqual({ input: 1500, cached: 300, output: 40 });

      const [asked = ""] = askedOf(lab);
      const said = {
        "--uncommitted": kind === "native" ? "Review the current code changes" : `git diff ${base} -- FILE`,
        "--base": kind === "native" ? `git diff ${base}` : `git diff ${base} -- FILE`,
        "--commit": kind === "native" ? `commit ${tip} ("change a")` : `git diff ${base} ${tip} -- FILE`,
      }[what];
      expect(asked).toContain(said);
      expect(outputsOf(lab)).toContain("Read-only file system");
      expect(lab.git("status", "--porcelain")).toBe(before);
      expect(lab.receipt(result.shards[0]?.run_id ?? "")).toMatchObject({
        verdict: "done",
        files_changed: [],
        policy: "ok",
      });
      expect(await lab.left()).toEqual([]);
    }),
  );
});

describe("what the reviewer is asked", () => {
  const FOCUS = '-m pytest --write "$(x)" `y`';

  test.each([
    ["native", []],
    ["adversarial", ["--adversarial"]],
  ])("a focus behind -- arrives byte by byte in a %s review", (_, more) =>
    inLab({ files: FILES, script: [{ say: NOTHING_FOUND }] }, async (lab) => {
      changeSome(lab);
      const called = await lab.call("codex_review", ["--uncommitted", ...more, "--", FOCUS]);
      expect(called.lines, called.stderr).toMatchObject({ review: "approve", exit_code: "0" });
      expect(askedOf(lab)[0]).toContain(`\n${FOCUS}`);
      expect(askedOf(lab)[0]).not.toMatch(/ask[-_ ]codex/i);
    }),
  );

  test("the schema is in the prompt and beside it, and nobody can be asked", () =>
    inLab({ files: FILES, script: [{ say: NOTHING_FOUND }] }, async (lab) => {
      changeSome(lab);
      await lab.call("codex_review", ["--uncommitted", "--adversarial", "-"], { stdin: "what if it runs twice?" });
      const body = lab.model.requests[0]?.body;
      expect(JSON.stringify(body?.text)).toContain('"suggestion"');
      expect(JSON.stringify(body?.tools)).not.toContain("ask_caller");
      expect(askedOf(lab)[0]).toContain('"suggestion": string');
      expect(askedOf(lab)[0]).toContain("what if it runs twice?");
    }));

  test("--path looks at what would be left out, and at nothing else", () =>
    inLab({ files: FILES, script: [{ say: NOTHING_FOUND }] }, async (lab) => {
      changeSome(lab);
      writeFileSync(join(lab.workspace, "package-lock.json"), "{}\n");
      const whole = resultOf(await lab.call("codex_review", ["--uncommitted", "--json"]));
      expect(whole.omitted).toEqual([{ file: "package-lock.json", bytes: 3, why: "it is a lock file" }]);
      expect(whole.review).toBe("incomplete");
      const one = resultOf(await lab.call("codex_review", ["--uncommitted", "--path", "package-lock.json", "--json"]));
      expect(one.shards[0]?.files).toEqual(["package-lock.json"]);
      expect(one).toMatchObject({ review: "approve", omitted: [] });
    }));

  test("model and effort reach Codex's own reviewer, which takes neither by itself", () =>
    inLab({ files: FILES, config: 'review_model = "gpt-5.4"', script: [{ say: NOTHING_FOUND }] }, async (lab) => {
      changeSome(lab);
      await lab.call("codex_review", ["--uncommitted", "--model", "gpt-5.5", "--reasoning", "low"]);
      expect(lab.model.requests[0]?.body).toMatchObject({ model: "gpt-5.5", reasoning: { effort: "low" } });
      expect(lab.model.requests[0]?.headers["x-openai-subagent"]).toBe("review");
    }));
});

describe("an answer that is no list of findings", () => {
  test("of Codex's own reviewer is unparsed, and never approve", () =>
    inLab({ files: FILES, script: [{ say: "It looks fine to me. Should I go on?" }] }, async (lab) => {
      changeSome(lab);
      const called = await lab.call("codex_review", ["--uncommitted"]);
      expect(called.code, called.stdout).toBe(6);
      expect(called.lines).toMatchObject({ review: "unparsed", verdict: "unverified" });
      expect(called.stdout).toContain("It looks fine to me.");
    }));

  test("of an adversarial review gets one repair turn", () =>
    inLab({ files: FILES, script: [[{ say: "Looks bad." }], [{ say: ourAnswer("a.txt") }]] }, async (lab) => {
      changeSome(lab);
      const called = await lab.call("codex_review", ["--uncommitted", "--adversarial"]);
      expect(called.lines, called.stderr).toMatchObject({ review: "findings", verdict: "done" });
      expect(askedOf(lab)[1]).toContain("breaks the output schema: it is not JSON");
    }));

  test("and is unparsed when that was for nothing", () =>
    inLab({ files: FILES, script: [{ say: "Looks bad." }] }, async (lab) => {
      changeSome(lab);
      const called = await lab.call("codex_review", ["--uncommitted", "--adversarial"]);
      expect(called.code, called.stdout).toBe(6);
      expect(called.lines.review).toBe("unparsed");
      expect(askedOf(lab)).toHaveLength(2);
    }));
});

describe("another engine", () => {
  test("with exec an ordinary turn reviews, and that is said", () =>
    inLab({ files: FILES, script: tryingToWrite(ourAnswer("a.txt")) }, async (lab) => {
      changeSome(lab);
      const called = await lab.call("codex_review", ["--uncommitted"], { env: { ASK_CODEX_ENGINE: "exec" } });
      expect(called.lines, called.stderr).toMatchObject({ review: "findings", verdict: "done" });
      expect(called.stderr).toContain("an ordinary read-only turn reviews");
      expect(readFileSync(join(lab.workspace, "a.txt"), "utf8")).toBe("two\n");
    }));

  test("a Codex without permission profiles reviews, too", () =>
    inLab({ files: FILES, script: tryingToWrite(nativeAnswer("a.txt")) }, async (lab) => {
      changeSome(lab);
      const called = await lab.call("codex_review", ["--uncommitted"], { env: { ASK_CODEX_BIN: OLD } });
      expect(called.lines, called.stdout + called.stderr).toMatchObject({ review: "findings", verdict: "done" });
      expect(readFileSync(join(lab.workspace, "a.txt"), "utf8")).toBe("two\n");
    }));
});

describe("repositories", () => {
  test("without a commit", () =>
    inLab({ files: FILES, git: false, script: [{ say: nativeAnswer("a.txt") }] }, async (lab) => {
      lab.git("init", "-q", "-b", "main");
      const called = await lab.call("codex_review", ["--uncommitted", "--json"]);
      expect(resultOf(called)).toMatchObject({ review: "findings", target: { type: "uncommitted", head: null } });
      expect(askedOf(lab)[0]).toContain("- a.txt (untracked)");
      const based = await lab.call("codex_review", ["--base", "main"]);
      expect(based.code).toBe(64);
      expect(based.stderr).toContain("has no commit yet");
    }));

  test("a first commit, a merge commit, and one whose filters and hooks would run programs", () =>
    inLab({ files: FILES, script: [{ say: NOTHING_FOUND }] }, async (lab) => {
      const first = resultOf(await lab.call("codex_review", ["--commit", "HEAD", "--json"]));
      expect(first.shards[0]?.files).toEqual(["a.txt", "src/b.ts"]);

      const trap = join(lab.dir, "trap");
      lab.git("config", "filter.trap.clean", `touch ${JSON.stringify(trap)}; cat`);
      lab.git("config", "diff.trap.textconv", `touch ${JSON.stringify(trap)}; cat`);
      writeFileSync(join(lab.workspace, ".gitattributes"), "*.txt filter=trap diff=trap\n");
      lab.git("checkout", "-q", "-b", "side");
      writeFileSync(join(lab.workspace, "src/c.ts"), "1\n");
      commitAll(lab, "c");
      lab.git("checkout", "-q", "main");
      writeFileSync(join(lab.workspace, "src/d.ts"), "1\n");
      commitAll(lab, "d");
      lab.git(
        "-c",
        "user.name=lab",
        "-c",
        "user.email=lab@example.invalid",
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "m",
        "side",
      );
      writeFileSync(join(lab.workspace, "a.txt"), "changed\n");
      rmSync(trap, { force: true });
      const merged = await lab.call("codex_review", ["--commit", "HEAD", "--json"]);
      expect(resultOf(merged).shards[0]?.files).toEqual([".gitattributes", "src/c.ts"]);
      expect(merged.stderr).toContain("is a merge commit: it is compared with its first parent");
      expect(resultOf(await lab.call("codex_review", ["--uncommitted", "--json"])).shards[0]?.files).toEqual(["a.txt"]);
      expect(existsSync(trap)).toBe(false);
    }));
});

describe("bad input gives one sentence, and nothing is started or written", () => {
  const refused = async (lab: Lab, args: string[], text: string, code = 64) => {
    const called = await lab.call("codex_review", args);
    expect(called.code, called.stdout + called.stderr).toBe(code);
    expect(`${called.stdout}${called.stderr}`).toContain(text);
    expect(lab.model.requests).toEqual([]);
    expect(existsSync(join(lab.home, "workspaces"))).toBe(false);
    expect(existsSync(join(lab.workspace, ".ask-codex"))).toBe(false);
  };

  test("about the target", () =>
    inLab({ files: FILES }, async (lab) => {
      changeSome(lab);
      await refused(lab, [], "nothing says what is to be reviewed");
      await refused(lab, ["--uncommitted", "--base", "main"], "--uncommitted and --base contradict each other");
      await refused(lab, ["--base", "no-such"], "there is no such commit");
      await refused(lab, ["--base=-x"], "a ref does not begin with a dash");
    }));

  test("about the options", () =>
    inLab({ files: FILES }, async (lab) => {
      changeSome(lab);
      await refused(lab, ["--uncommitted", "--path", ".."], "outside of the repository");
      await refused(lab, ["--uncommitted", "--path", "src"], "nothing of the change lies in src");
      await refused(lab, ["--uncommitted", "--shard-bytes", "0"], "whole number from 1");
      await refused(lab, ["--uncommitted", "--sarif", "/no/such/dir/x"], "can't be written");
      await refused(lab, ["--uncommitted", "--sarif", "-", "--json"], "both want stdout");
      await refused(lab, ["--uncommitted", ""], "the focus is empty");
      await refused(lab, ["--uncommitted", "use ghp_0123456789abcdefghijABCDEFGHIJ012345"], "credential");
      await refused(lab, ["--collect", "v-20261121-051103-k7qz"], "there is no review");
      await refused(lab, ["--collect", "r-1"], "is no review id");
    }));

  test("an empty change is nothing to review, and no fault", () =>
    inLab({ files: FILES }, async (lab) => {
      await refused(lab, ["--uncommitted"], "nothing to review: there is no change", 0);
      writeFileSync(join(lab.workspace, "yarn.lock"), "x\n");
      await refused(lab, ["--uncommitted"], "yarn.lock (it is a lock file)", 0);
      const told = await lab.call("codex_review", ["--uncommitted", "--json"]);
      expect(JSON.parse(told.stdout)).toMatchObject({ review: "nothing", exit_code: 0 });
    }));

  test("no repository, and inside Codex", () =>
    inLab({ files: FILES, git: false }, async (lab) => {
      await refused(lab, ["--uncommitted"], "is not in a git repository");
      const inside = await lab.call("codex_review", ["--uncommitted"], { env: { CODEX_THREAD_ID: "x" } });
      expect(inside.code).toBe(3);
    }));
});

test("a link to a directory is a part of the change like any other", () =>
  inLab({ files: FILES, script: [{ say: NOTHING_FOUND }] }, async (lab) => {
    symlinkSync("src", join(lab.workspace, "link"));
    const result = resultOf(await lab.call("codex_review", ["--uncommitted", "--json"]));
    expect(result).toMatchObject({ review: "approve", omitted: [] });
    expect(result.shards[0]?.files).toEqual(["link"]);
  }));
