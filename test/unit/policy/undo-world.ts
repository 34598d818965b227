import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditChange, PolicyRecord } from "../../../src/core/policy.ts";
import { type KeepPlace, keepTrees } from "../../../src/policy/keep-trees.ts";
import { applyUndo, type UndoResult } from "../../../src/policy/undo/apply-undo.ts";
import { lookForUndo } from "../../../src/policy/undo/look-for-undo.ts";
import { planUndo, type UndoPlan } from "../../../src/policy/undo/plan-undo.ts";
import { type TempRepo, tempRepo } from "./temp-repo.ts";

export const RUN = "r-20261121-051103-k7qz";

export interface UndoWorld {
  repo: TempRepo;
  place: KeepPlace;
  /** The whole work tree, byte for byte, as a tree in the private store. */
  take(): string;
  /** What a run did, as its audit tells it. */
  recordOf(act: () => unknown): PolicyRecord;
  plan(record: PolicyRecord, options?: { outOfScope: boolean }): Promise<UndoPlan>;
  undo(record: PolicyRecord, options?: { outOfScope: boolean }): Promise<UndoPlan & UndoResult>;
  keep(record: PolicyRecord): Promise<string>;
  /** Paths of the plan's lists, for a table. */
  blobs(): number;
}

/** A repository with the private store of one run beside it, made with plain git. */
export function undoWorld(
  files?: Record<string, string>,
  repo = tempRepo(files),
  workspace = repo.dir,
  record?: string,
): UndoWorld {
  const run = (args: string[], env: NodeJS.ProcessEnv = repo.env) =>
    execFileSync("git", args, { cwd: workspace, env, stdio: ["ignore", "pipe", "pipe"] });
  const format = run(["rev-parse", "--show-object-format"]).toString().trim() === "sha256" ? "sha256" : "sha1";
  const dir = join(record ?? join(repo.outside, `record ${readdirSync(repo.outside).length}`), "tree");
  mkdirSync(dir, { recursive: true });
  run(["init", "-q", "--bare", `--object-format=${format}`, dir]);
  const objects = run(["rev-parse", "--path-format=absolute", "--git-path", "objects"]).toString().trim();
  writeFileSync(join(dir, "objects", "info", "alternates"), `${objects}\n`);
  mkdirSync(join(dir, "info"), { recursive: true });
  appendFileSync(join(dir, "info", "attributes"), "* -text -eol -filter -ident -working-tree-encoding\n");
  const inStore = (...args: string[]) => run(args, { ...repo.env, GIT_DIR: dir, GIT_WORK_TREE: workspace });
  const place: KeepPlace = { workspace, dir, env: repo.env, objectFormat: format };
  const take = () => {
    inStore("add", "--all");
    return inStore("write-tree").toString().trim();
  };
  const plan: UndoWorld["plan"] = async (record, options = { outOfScope: false }) =>
    planUndo(record, await lookForUndo(place, record, options), options);
  return {
    repo,
    place,
    take,
    recordOf(act) {
      const before = take();
      act();
      const after = take();
      const raw = inStore("diff-tree", "-r", "-z", "-M", "--raw", "--full-index", before, after);
      return policyRecord({ trees: { before, after }, changed: parse(raw) });
    },
    plan,
    async undo(record, options) {
      const planned = await plan(record, options);
      return { ...planned, ...(await applyUndo(place, RUN, planned)) };
    },
    async keep(record) {
      const kept = await keepTrees(place, RUN, [...record.changed, ...record.out_of_scope]);
      if ("failure" in kept) throw new Error(kept.failure);
      return kept.ref ?? "";
    },
    blobs: () => Number(/count: (\d+)/.exec(repo.git("count-objects", "-v"))?.[1]),
  };
}

/** The work tree to the byte: names, modes, contents, links and directories, without git's own folder. */
export function picture(workspace: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (at: Buffer, name: string) => {
    const { mode } = lstatSync(at);
    const kind = mode & 0o170000;
    const bits = (mode & 0o7777).toString(8);
    if (kind === 0o120000) found[name] = `link ${readlinkSync(at, "latin1")}`;
    else if (kind === 0o100000) found[name] = `${bits} ${createHash("sha1").update(readFileSync(at)).digest("hex")}`;
    else {
      found[name] = `directory ${bits}`;
      for (const each of readdirSync(at, "latin1"))
        if (name !== "" || each !== ".git")
          walk(Buffer.concat([at, Buffer.from(`/${each}`, "latin1")]), `${name}/${each}`);
    }
  };
  walk(Buffer.from(workspace), "");
  return found;
}

/** What an audit writes where all went well and nothing happened. */
export const policyRecord = (over: Partial<PolicyRecord> = {}): PolicyRecord => ({
  version: 1,
  status: "ok",
  policy: "ok",
  power: { write: "workspace", scope: [], writable: [], network: false, tmp: true, env: [] },
  profile: null,
  trees: { before: null, after: null },
  ref: null,
  changed: [],
  out_of_scope: [],
  concurrent: [],
  ignored: { compared: 0, changed: [], elapsed_ms: 0, complete: true },
  head_moved: null,
  refs_changed: [],
  index_changed: false,
  dirty_before: [],
  volatile: { patterns: [], left_out: 0 },
  not_covered: [],
  ...over,
});

const WORDS: Record<string, AuditChange["change"]> = { A: "created", D: "deleted", M: "modified", T: "modified" };

function parse(raw: Buffer): AuditChange[] {
  const fields = raw.toString("latin1").split("\0");
  const changes: AuditChange[] = [];
  for (let at = 0; at < fields.length - 1; ) {
    const [, mode1 = "", mode2 = "", id1 = "", id2 = "", letter = ""] =
      /^:(\d+) (\d+) (\w+) (\w+) ([A-Z])/.exec(fields[at++] ?? "") ?? [];
    const first = fields[at++] ?? "";
    const second = letter === "R" ? fields[at++] : undefined;
    changes.push({
      ...named(second ?? first, "path"),
      ...(second === undefined ? {} : named(first, "from")),
      change: letter === "R" ? "renamed" : (WORDS[letter] ?? "modified"),
      mode_before: /^0+$/.test(mode1) ? null : mode1,
      mode_after: /^0+$/.test(mode2) ? null : mode2,
      blob_before: /^0+$/.test(id1) ? null : id1,
      blob_after: /^0+$/.test(id2) ? null : id2,
    });
  }
  return changes;
}

function named(latin1: string, name: "path"): { path: string; path_base64?: string };
function named(latin1: string, name: "from"): { from: string; from_base64?: string };
function named(latin1: string, name: string): Record<string, string> {
  const bytes = Buffer.from(latin1, "latin1");
  const text = bytes.toString("utf8");
  return {
    [name]: text,
    ...(Buffer.from(text).equals(bytes) ? {} : { [`${name}_base64`]: bytes.toString("base64") }),
  };
}
