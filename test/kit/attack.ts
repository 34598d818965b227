import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PolicyRecord } from "../../src/core/policy.ts";
import type { Receipt } from "../../src/core/record.ts";
import { type Called, inLab, type Lab } from "./lab.ts";
import type { Beat } from "./scripted-model.ts";

/** One thing that a run with `--scope src/a` tries and must not get; a row of the tables in test/e2e/attacks-*.test.ts. */
export interface Attack {
  name: string;
  /** Command lines of the model, or its whole script. */
  run: string | Beat[];
  files?: Record<string, string>;
  config?: string;
  /** Further options of the call; the goal comes behind them. */
  args?: readonly string[];
  /** What the world is like before. */
  before?: (lab: Lab) => void;
  /** What the kernel said to the command. */
  kernel?: RegExp;
  /** Exit code, what the receipt lists, and what the audit says of whom. */
  code: number;
  changed?: readonly string[];
  outOfScope?: readonly string[];
  concurrent?: readonly string[];
  /** What must be so afterwards. */
  after?: (seen: Seen) => void | Promise<void>;
}

export interface Seen {
  lab: Lab;
  called: Called;
  receipt: Receipt;
  policy: PolicyRecord;
  /** What the commands printed, as the model was told. */
  output: string;
}

/** The world of every attack: a scope, its neighbours, secrets. */
export const FILES = {
  "src/a/file.txt": "in scope\n",
  "src/b/other.txt": "neighbour\n",
  "README.md": "# a project\n",
  ".gitignore": "ignored/\n*.log\n",
};

/** Runs one attack against the real Codex and compares what the kernel, the audit and the exit code say. */
export function attack(row: Attack): void {
  test(row.name, () =>
    inLab(
      {
        files: { ...FILES, ...row.files },
        script: typeof row.run === "string" ? [{ run: row.run }, { say: "Tried it.\n\nStatus: done" }] : row.run,
        ...(row.config === undefined ? {} : { config: row.config }),
      },
      async (lab) => {
        row.before?.(lab);
        const called = await lab.ask(...(row.args ?? ["--scope", "src/a"]), "try it; the tests must pass");
        const runId = called.lines.run_id ?? "";
        const output = toolOutputs(lab);
        const receipt = lab.receipt(runId);
        const policy = readPolicy(lab, runId);
        if (row.kernel) expect(output).toMatch(row.kernel);
        expect(called.code, called.stdout + called.stderr + output).toBe(row.code);
        expect(receipt.files_changed?.map(({ path }) => path)).toEqual(row.changed ?? []);
        expect(policy.out_of_scope.map(({ path }) => path)).toEqual(row.outOfScope ?? []);
        expect(policy.concurrent.map(({ path }) => path)).toEqual(row.concurrent ?? []);
        await row.after?.({ lab, called, receipt, policy, output });
        expect(await lab.left()).toEqual([]);
      },
    ),
  );
}

export const readPolicy = (lab: Lab, runId: string): PolicyRecord =>
  PolicyRecord.parse(JSON.parse(readFileSync(join(lab.recordDir(runId), "policy.json"), "utf8")));

/** Everything that commands and tools gave back to the model in the last request. */
export const toolOutputs = (lab: Lab): string =>
  (lab.model.requests.at(-1)?.body.input ?? [])
    .filter((item) => /_output$/.test(item.type))
    .map((item) => (typeof item.output === "string" ? item.output : JSON.stringify(item.output)))
    .join("\n");

export const textOf = (lab: Lab, path: string): string => readFileSync(join(lab.workspace, path), "utf8");
