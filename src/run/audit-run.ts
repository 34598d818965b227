import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PolicyRecord } from "../core/policy.ts";
import { findCredential, redact } from "../core/redact.ts";
import { type AuditInput, closeAudit, type Look, lookAgain, type Opened, openAudit } from "../policy/audit.ts";
import { keepTrees } from "../policy/keep-trees.ts";
import { diffStat, writePatch } from "../policy/trees/diff.ts";
import { dirtyPaths, readStatus, statusText } from "../policy/trees/status.ts";
import { writeWhole } from "../sys/files.ts";
import { toJson } from "./create-record.ts";
import type { RunContext } from "./run-context.ts";

type After = Look | { failure: string };

/** The audit of one run, and its files in the record. */
export interface RunAudit {
  /**
   * Waits for the look before the run, `anew` when something of ours was run in between. Resolves with the reason why
   * there is none.
   */
  opened(anew: boolean): Promise<string | undefined>;
  look(): Promise<After>;
  /** What happened and whose it is; writes the four text files and the patch. */
  close(after: After, degraded: boolean): Promise<PolicyRecord>;
  /** Keeps what undo needs, and writes policy.json. */
  keep(policy: PolicyRecord): Promise<{ policy: PolicyRecord; warnings: string[] }>;
}

/** A patch beyond this size is not searched for secrets, so it is not kept; undo does not need it. */
const SEARCHED_BYTES = 16 * 1024 * 1024;

/** Begins to look at once: Codex takes longer to start. */
export function startAudit({ request, dir, power, env }: RunContext): RunAudit {
  const treeDir = join(dir, "tree");
  const input: AuditInput = {
    place: { workspace: request.workspace, dir: treeDir, env },
    power: request.power,
    grants: power.grants,
    kernelClosed: power.kernelClosed,
    volatile: request.volatile,
  };
  let opened: Promise<Opened>;
  if (request.git) {
    mkdirSync(treeDir, { recursive: true, mode: 0o700 });
    opened = openAudit(input);
  } else {
    opened = Promise.resolve({ failure: "the workspace is not in a git repository" });
  }

  return {
    async opened(anew) {
      const first = await opened;
      if ("failure" in first) return first.failure;
      if (!anew) return undefined;
      const again = await lookAgain(input, first);
      opened = Promise.resolve("failure" in again ? again : { store: first.store, before: again });
      return "failure" in again ? again.failure : undefined;
    },
    look: async () => lookAgain(input, await opened),
    async close(after, degraded) {
      const before = await opened;
      const word = degraded ? "degraded" : power.policy.profile === null ? "off" : "ok";
      const policy = await closeAudit(input, before, after, {
        policy: word,
        profile: degraded ? null : power.policy.profile,
      });
      if ("failure" in before || "failure" in after) return policy;
      return { ...policy, dirty_before: await writeTexts(dir, before, after) };
    },
    async keep(policy) {
      const changes = [...policy.changed, ...policy.out_of_scope];
      const first = await opened;
      const warnings: string[] = [];
      let ref: string | null = null;
      if (changes.length > 0 && !("failure" in first)) {
        const kept = await keepTrees({ ...first.store, ...first.store.repository }, request.runId, changes);
        if ("failure" in kept) warnings.push(`what undo needs is only in the record: ${kept.failure}`);
        else ref = kept.ref;
      }
      const whole = { ...policy, ref };
      // As it is: a path that looks like a secret must still be found by an undo.
      writeWhole(join(dir, "policy.json"), toJson(whole));
      return { policy: whole, warnings };
    },
  };
}

/** The four pictures and the patch of DESIGN.md 8; returns what was dirty when the run began. */
async function writeTexts(dir: string, opened: Extract<Opened, { store: unknown }>, after: Look): Promise<string[]> {
  const { store, before } = opened;
  const write = (name: string, text: string) => writeWhole(join(dir, name), redact(text));
  const head = (look: Look) => ({ tree: `${look.state.head.commit}^{tree}` });
  const same = before.snapshot.tree === after.snapshot.tree;
  const picture = async (prefix: string, look: Look) => {
    const status = await readStatus(store, look.state, look.snapshot);
    write(`${prefix}-status.txt`, "failure" in status ? `${status.failure}\n` : statusText(status));
    const stat = look.state.head.commit === null ? "no commit yet\n" : await diffStat(store, head(look), look.snapshot);
    write(`${prefix}-diff-stat.txt`, stat);
    return "failure" in status ? [] : dirtyPaths(status);
  };
  const [dirty] = await Promise.all([
    picture("pre", before),
    picture("post", after),
    same ? undefined : patch(dir, opened, after),
  ]);
  return dirty;
}

/** The change as a patch that `git apply` takes, secrets taken out of it like out of every file of ours. */
async function patch(dir: string, { store, before }: Extract<Opened, { store: unknown }>, after: Look): Promise<void> {
  const path = join(dir, "changes.patch");
  await writePatch(store, before.snapshot, after.snapshot, path);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > SEARCHED_BYTES) return rmSync(path);
  const text = readFileSync(path, "utf8");
  if (findCredential(text) !== undefined) writeWhole(path, redact(text));
}
