import { existsSync } from "node:fs";
import { join } from "node:path";
import { probeSandbox } from "../../../engine/exec/probe-sandbox.ts";
import { lastWords } from "../../../engine/exit-error.ts";
import { sandboxCommand } from "../../../engine/sandbox-command.ts";
import { sandboxedBy } from "../../../engine/sandboxed-by.ts";
import { writeNew } from "../../../sys/files.ts";
import { runQuick } from "../../../sys/run-quick.ts";
import type { Fact } from "../fact.ts";
import { lookCommand } from "../look.ts";
import { oncePerLab } from "../once-per-lab.ts";
import { makeWorkspace } from "./power.ts";

const LIMIT_MS = 8_000;

/** Whether `codex sandbox` knows profiles: asked as the engine exec asks. */
const knows = oncePerLab((lab) => probeSandbox(lab.request(lab.makeDir("probe"), { power: { write: "workspace" } })));

/** Codex's sandbox for commands of ours: the checks of `--verify` run in it. */
export const SANDBOX_FACTS: readonly Fact[] = [
  {
    id: "checks.profile",
    claim: "`codex sandbox` takes a permission profile on its command line.",
    source: "CODEX.md A",
    matters: "worked around",
    whenNot: "checks run in the sandbox mode instead, in the form that this Codex's help names",
    async probe(lab) {
      const known = (await knows(lab)) === "known";
      return { holds: known, saw: known ? "`codex sandbox -P`" : (await checkCommand(lab)).argv };
    },
  },
  {
    id: "checks.inside",
    claim: "A check of ours may write where the run may.",
    source: "CODEX.md A",
    matters: "told",
    whenNot: "checks that write something fail: give --verify only commands that read",
    async probe(lab) {
      const { inside, said } = await checkCommand(lab);
      return { holds: inside, saw: inside ? "open/x: written" : `open/x: refused${said === "" ? "" : ` (${said})`}` };
    },
  },
  {
    id: "checks.beyond",
    claim: "A check of ours may not write outside the workspace.",
    source: "CODEX.md A",
    matters: "needed",
    whenNot: "don't give checks (--verify) to this Codex: code that a run wrote would run without a sandbox",
    async probe(lab) {
      const { beyond } = await checkCommand(lab);
      return { holds: !beyond, saw: `a directory beside the workspace: ${beyond ? "it worked" : "refused"}` };
    },
  },
  {
    id: "profile.file",
    claim: "A single file can be opened for writing.",
    source: "CODEX.md A",
    matters: "worked around",
    whenNot: "its directory is opened, and the audit holds the run to the file",
    async probe(lab) {
      if ((await knows(lab)) !== "known") return { holds: "unknown", saw: "this Codex knows no profiles" };
      return oneFile(lab);
    },
  },
];

/** Runs a command of ours as a check is run: with this Codex's own form of the sandbox. */
const checkCommand = oncePerLab(async (lab) => {
  const cwd = makeWorkspace(lab, "check");
  const beside = lab.makeDir("check-beside");
  const request = lab.request(cwd, { power: { write: "scope", scope: ["open"] } });
  const places = { inside: join(cwd, "open", "x"), beyond: join(beside, "x") };
  lookCommand(cwd, { write: places });
  const about = { ...request, codexHome: lab.makeDir("check-home") };
  const sandboxed = await sandboxedBy(about, (await knows(lab)) !== "known");
  const command = sandboxed([process.execPath, join(cwd, "look.cjs")]);
  const done = await runQuick({ ...command, timeoutMs: LIMIT_MS });
  return {
    argv: `\`codex ${command.args.slice(lab.codex.args.length).slice(0, 2).join(" ")}\` with sandbox_mode=${request.policy.legacy.mode}`,
    inside: existsSync(places.inside),
    beyond: existsSync(places.beyond),
    said: done.failure ?? lastWords(done.stderr),
  };
});

/** A profile that opens a single file. */
const oneFile = oncePerLab(async (lab) => {
  const cwd = lab.makeDir("one-file");
  writeNew(join(cwd, "file.txt"), "");
  const { codex, env } = lab;
  const profile = { filesystem: { ":root": "read", ":project_roots": { ".": "read", "file.txt": "write" } } };
  const about = { codex, profile, profileName: "one_file", codexHome: lab.makeDir("one-file-home"), cwd, env };
  const done = await runQuick({
    ...sandboxCommand({ ...about, argv: [process.execPath, "-e", "0"] }),
    timeoutMs: LIMIT_MS,
  });
  const words = /panicked/.test(done.stderr) ? "the sandbox panicked" : lastWords(done.stderr);
  return { holds: done.exitCode === 0, saw: done.exitCode === 0 ? "it can" : `exit ${done.exitCode}: ${words}` };
});
