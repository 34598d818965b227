import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { errorCode } from "../../src/core/errors.ts";
import { RunStatus } from "../../src/core/record.ts";
import { RUN_MARKER } from "../../src/sys/environment.ts";
import { workspaceKey } from "../../src/sys/paths.ts";
import { findByEnvironment } from "../../src/sys/process-table.ts";
import { type Called, inLab, type Lab, type LabOptions, until } from "../kit/lab.ts";
import { callFromShell, expectJsonError, expectSentence, traces } from "../kit/refusal.ts";
import { canMount, onSmallDisk } from "../kit/small-disk.ts";

const GOAL = "run the tests";
const mountable = canMount();

/** A broker that has told the end tidies up meanwhile: what goes while it is listed is listed anew. */
function listAll(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true }).map(String).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT" && existsSync(dir)) return listAll(dir);
    throw error;
  }
}

// ---- the state home

/** Places that can't be a state home: what is made there, the path that the sentence must name, and its reason. */
const HOMES: [name: string, make: (lab: Lab, home: string) => string, says: RegExp][] = [
  ["below a file", (lab) => join(lab.workspace, "README.md", "state"), /README\.md\/state: a part of the path/],
  ["a file", (lab) => join(lab.workspace, "README.md"), /README\.md: a part of the path is not a directory/],
  ["a symbolic link", (lab, home) => link(elsewhere(lab), home), /odd home: it is a symbolic link/],
  ["a link to nowhere", (lab, home) => link(join(lab.dir, "nothing"), home), /odd home: it is a symbolic link/],
  ["a link to itself", (_, home) => link(basename(home), home), /odd home: it is a symbolic link/],
  ["below a link to nowhere", (lab, home) => join(link(join(lab.dir, "nothing"), home), "state"), /state: /],
  ["a directory of everybody's", (_, home) => shared(home), /odd home: it is shared by all users/],
  ["one whose workspaces are a link", (lab, home) => within(lab, home, "workspaces"), /workspaces: it is a symbolic/],
  ["one whose sockets are a link", (lab, home) => within(lab, home, "sockets"), /sockets: it is a symbolic link/],
  ["one with a link for the workspace", (lab, home) => within(lab, home, ofWorkspace(lab)), /a-workspace-\w+: it is a/],
  ["one whose runs are a link", (lab, home) => within(lab, home, ofWorkspace(lab, "runs")), /runs: it is a symbolic/],
  [
    "one whose sessions are a link",
    (lab, home) => within(lab, home, ofWorkspace(lab, "sessions")),
    /sessions: it is a/,
  ],
];

function link(target: string, path: string): string {
  symlinkSync(target, path);
  return path;
}
function elsewhere(lab: Lab): string {
  const dir = join(lab.dir, "elsewhere");
  mkdirSync(dir, { recursive: true });
  return dir;
}
function shared(home: string): string {
  mkdirSync(home);
  execFileSync("chmod", ["1777", home]);
  return home;
}
function within(lab: Lab, home: string, part: string): string {
  mkdirSync(dirname(join(home, part)), { recursive: true });
  link(elsewhere(lab), join(home, part));
  return home;
}
const ofWorkspace = (lab: Lab, ...part: string[]) => join("workspaces", workspaceKey(lab.workspace), ...part);

test.each(HOMES)("a state home that is %s: exit 3 with the path, and nothing is begun", (_, make, says) =>
  inLab({}, async (lab) => {
    const home = make(lab, join(lab.dir, "odd home"));
    const before = traces(lab);
    const env = { ASK_CODEX_HOME: home };
    const hint = /ASK_CODEX_HOME/;
    expectSentence(await lab.call("ask_codex", [GOAL], { env }), { code: 3, says, hint });
    expectJsonError(await lab.call("ask_codex", ["--json", GOAL], { env }), { code: 3, says });
    expect(traces(lab)).toEqual(before);
    expect(listAll(elsewhere(lab))).toEqual([]);
    expect(readFileSync(join(lab.workspace, "README.md"), "utf8")).toBe("# a project\n");
    if (existsSync(home) && statSync(home).isDirectory())
      expect(listAll(home).filter((path) => /r-\d{8}/.test(path))).toEqual([]);
  }),
);

test("a directory of everybody's keeps its mode", () =>
  inLab({}, async (lab) => {
    const home = shared(join(lab.dir, "odd home"));
    expect((await lab.call("ask_codex", [GOAL], { env: { ASK_CODEX_HOME: home } })).code).toBe(3);
    expect(statSync(home).mode & 0o7777).toBe(0o1777);
  }));

test("a home directory that does not exist is made, for its user alone", () =>
  inLab({}, async (lab) => {
    const home = join(lab.dir, "not", "yet", "there");
    const called = await lab.call("ask_codex", [GOAL], { env: { ASK_CODEX_HOME: home } });
    expect(called.code, called.stderr).toBe(0);
    // Its broker takes its socket away as it goes.
    await lab.left();
    for (const path of ["", ...listAll(home)]) {
      const found = lstatSync(join(home, path));
      if (!path.includes("/tree/")) expect([path, found.mode & 0o077]).toEqual([path, 0]);
    }
  }));

// ---- a full disk

/** A run that is in the middle of a command until `go` exists in its workspace, and then has more to say. */
const GATED: LabOptions = {
  script: [
    [
      { run: "touch started; while [ ! -e go ]; do sleep 0.02; done; rm started go", yieldMs: 30_000 },
      // More than Codex's sandbox gives back: it keeps some 40 KB in the temporary directory while a command runs.
      ...Array.from({ length: 6 }, () => ({ run: "yes more | head -c 9000" })),
      { say: "Slept.\n\nStatus: done" },
    ],
  ],
};
const started = (lab: Lab) => until(() => existsSync(join(lab.workspace, "started")));
const go = (lab: Lab) => writeFileSync(join(lab.workspace, "go"), "");

/** Wherever a disk ran full: a sentence with the path, no half of anything, and no process of the run. */
function expectEnded(lab: Lab, called: Called, says: RegExp): void {
  expect([1, 3], called.stdout + called.stderr).toContain(called.code);
  expect(called.stdout + called.stderr).toMatch(says);
  const runId = /run_id=(\S+)/.exec(called.stdout + called.stderr)?.[1];
  if (runId !== undefined) expect(findByEnvironment(RUN_MARKER, runId)).toEqual([]);
  const files = existsSync(lab.home) ? listAll(lab.home) : [];
  expect(files.filter((path) => path.endsWith(".tmp"))).toEqual([]);
  for (const path of files.filter((name) => name.endsWith(".json")))
    expect(() => JSON.parse(readFileSync(join(lab.home, path), "utf8")), path).not.toThrow();
  // A run that was not announced has no record.
  if (runId === undefined) expect(files.filter((path) => /r-\d{8}/.test(path))).toEqual([]);
}

test.each([1, 3, 5])("files that may not be larger than %i blocks: the record can't be made", (blocks) =>
  inLab({}, async (lab) => {
    // The goal alone is larger than any of these.
    const args = [`${GOAL} ${"x".repeat(4_000)}`];
    const called = await callFromShell(lab, `ulimit -f ${blocks}; exec "$@"`, "ask_codex", args);
    expectSentence(called, {
      code: 3,
      says: /task\.md: it would be larger than a file may be here/,
      hint: /make room/,
    });
    expectEnded(lab, called, /task\.md/);
    expect(lab.model.requests).toEqual([]);
  }),
);

test.skipIf(process.platform !== "linux")("a log that can't grow any more ends the run, and the receipt says why", () =>
  inLab(GATED, async (lab) => {
    const client = lab.start("ask_codex", [GOAL]);
    const runId = await client.line("run_id");
    await started(lab);
    const record = lab.recordDir(runId);
    const { owner } = RunStatus.parse(JSON.parse(readFileSync(join(record, "status.json"), "utf8")));
    execFileSync("prlimit", ["--pid", String(owner?.pid), `--fsize=${statSync(join(record, "raw.jsonl")).size}`]);
    go(lab);
    const called = await client.done;
    expectEnded(lab, called, /raw\.jsonl: it would be larger than a file may be here/);
    expect(called.code).toBe(1);
    expect(called.stdout).toMatch(/^next: make room/m);
    expect(lab.receipt(runId)).toMatchObject({ verdict: "failed", processes: { left: [] } });
  }),
);

test.skipIf(!mountable)("a disk that is full, or nearly: the record is made whole or not at all", () =>
  inLab({}, async (lab) => {
    await onSmallDisk(lab.home, 256 * 1024, async (disk) => {
      for (const blocks of [0, 1, 2, 3]) {
        disk.fill(blocks * 4_096);
        const called = await lab.ask(GOAL);
        expectSentence(called, { code: 3, says: /can't (write|create) .*: no space left on the device/, hint: /room/ });
        expectEnded(lab, called, /state\/workspaces\//);
        disk.empty();
      }
      expect(lab.model.requests).toEqual([]);
      const called = await lab.ask(GOAL);
      expect(called.lines.verdict, called.stderr).toBe("done");
      await lab.left();
    });
  }),
);

test.skipIf(!mountable).each(["app-server", "exec"])("a disk that fills up in the middle of a run (%s)", (engine) =>
  inLab(GATED, async (lab) => {
    await onSmallDisk(lab.home, 512 * 1024, async (disk) => {
      const client = lab.start("ask_codex", ["--engine", engine, GOAL]);
      const runId = await client.line("run_id");
      await started(lab);
      disk.fill(0);
      go(lab);
      const called = await client.done;
      expectEnded(lab, called, /state\/workspaces\/.*: no space left on the device/);
      expect(await lab.left()).toEqual([]);
      // What it was is known again as soon as there is room.
      disk.empty();
      const shown = await lab.call("codex_runs", ["show", runId, "--json"]);
      expect(JSON.parse(shown.stdout)).toMatchObject({
        run_id: runId,
        session_id: expect.stringMatching(/^[0-9a-f-]+$/),
      });
    });
  }),
);

test.skipIf(!mountable)("a file system that is read-only", () =>
  inLab({}, async (lab) => {
    await onSmallDisk(lab.home, 64 * 1024, async (disk) => {
      disk.makeReadOnly();
      const called = await lab.ask(GOAL);
      expectSentence(called, {
        code: 3,
        says: /state\/workspaces: the file system is read-only/,
        hint: /ASK_CODEX_HOME/,
      });
      expect(listAll(lab.home)).toEqual([]);
    });
    expect(lab.model.requests).toEqual([]);
  }),
);

// ---- the answer

const ANSWER = "All done.\n\nStatus: done\n";

/** The answer lies in the record when it can't lie in the workspace. */
async function expectInRecord(lab: Lab): Promise<void> {
  const called = await lab.ask(GOAL);
  expect(called.code, called.stderr).toBe(0);
  const path = called.lines.output_path ?? "";
  expect(path).toBe(join(lab.recordDir(called.lines.run_id ?? ""), "result.md"));
  expect(readFileSync(path, "utf8")).toBe(ANSWER);
}

test("an .ask-codex that leads elsewhere is not followed", () =>
  inLab({}, async (lab) => {
    symlinkSync(elsewhere(lab), join(lab.workspace, ".ask-codex"));
    await expectInRecord(lab);
    unlinkSync(join(lab.workspace, ".ask-codex"));
    symlinkSync(join(lab.dir, "nothing"), join(lab.workspace, ".ask-codex"));
    await expectInRecord(lab);
    expect(listAll(elsewhere(lab))).toEqual([]);
    expect(existsSync(join(lab.dir, "nothing"))).toBe(false);
  }));

test("an .ask-codex that is a file stays as it is", () =>
  inLab({ files: { ".ask-codex": "mine\n" } }, async (lab) => {
    await expectInRecord(lab);
    expect(readFileSync(join(lab.workspace, ".ask-codex"), "utf8")).toBe("mine\n");
  }));

test("an .ask-codex whose .gitignore leads elsewhere makes nothing there", () =>
  inLab({}, async (lab) => {
    mkdirSync(join(lab.workspace, ".ask-codex"));
    symlinkSync(join(lab.dir, "nothing"), join(lab.workspace, ".ask-codex", ".gitignore"));
    await expectInRecord(lab);
    expect(existsSync(join(lab.dir, "nothing"))).toBe(false);
  }));

/** A run in which Codex itself runs `command` first, with a file outside of the workspace to aim at. */
const hostile = (command: string, body: (lab: Lab, target: string) => Promise<void>) =>
  inLab({}, async (lab) => {
    const target = join(elsewhere(lab), "target.md");
    writeFileSync(target, "not yours\n");
    lab.model.script([{ run: command.replaceAll("TARGET", `'${target}'`) }, { say: "All done.\n\nStatus: done" }]);
    await body(lab, target);
    expect(listAll(elsewhere(lab))).toEqual(["target.md"]);
    expect(readFileSync(target, "utf8")).toBe("not yours\n");
  });

test("a link with the run's own name, made by Codex, is replaced and not followed", () =>
  hostile(`mkdir .ask-codex; ln -s TARGET ".ask-codex/$${RUN_MARKER}.md"`, async (lab) => {
    const called = await lab.ask(GOAL);
    const path = called.lines.output_path ?? "";
    expect(path).toBe(join(lab.workspace, ".ask-codex", `${called.lines.run_id}.md`));
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe(ANSWER);
  }));

test("a directory with the run's own name, made by Codex, is left alone", () =>
  hostile(`mkdir -p ".ask-codex/$${RUN_MARKER}.md/x"`, async (lab) => {
    await expectInRecord(lab);
  }));

test("a link that Codex puts in the place of --output is replaced and not followed", () =>
  hostile("ln -sf TARGET answer.md", async (lab) => {
    const called = await lab.ask("-o", "answer.md", GOAL);
    expect(called.code, called.stderr).toBe(0);
    const path = join(lab.workspace, "answer.md");
    expect(called.lines.output_path).toBe(path);
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe(ANSWER);
  }));

test("a link that Codex puts in the place of --output's directory is not followed", () =>
  hostile('rm -r out; ln -s "$(dirname TARGET)" out', async (lab) => {
    mkdirSync(join(lab.workspace, "out"));
    const called = await lab.ask("-o", "out/answer.md", GOAL);
    expect(called.lines.verdict, called.stderr).toBe("done");
    expect(called.lines.output_path).toBe(join(lab.recordDir(called.lines.run_id ?? ""), "result.md"));
    expect(called.stdout).toMatch(/^warning: .*answer\.md/m);
  }));

test("an --output that is a link when the run begins means the file that it leads to", () =>
  inLab({}, async (lab) => {
    const target = join(elsewhere(lab), "answer.md");
    writeFileSync(target, "old\n");
    symlinkSync(target, join(lab.workspace, "answer.md"));
    const called = await lab.ask("-o", "answer.md", GOAL);
    expect(called.lines.output_path, called.stderr).toBe(target);
    expect(lstatSync(join(lab.workspace, "answer.md")).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe(ANSWER);
  }));

test("an --output that can't be written at the end costs the file, not the answer", () =>
  inLab({ script: [[{ run: "rm -r out" }, { say: "All done.\n\nStatus: done" }]] }, async (lab) => {
    mkdirSync(join(lab.workspace, "out"));
    const called = await lab.ask("-o", "out/answer.md", GOAL);
    expect(called.lines.verdict, called.stderr).toBe("done");
    expect(called.stdout).toContain("All done.");
    expect(called.lines.output_path).toBe(join(lab.recordDir(called.lines.run_id ?? ""), "result.md"));
    expect(called.stdout).toMatch(/^warning: can't write .*answer\.md/m);
  }));
