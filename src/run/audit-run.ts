import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PolicyRecord } from "../core/policy.ts";
import { type AuditInput, closeAudit, type Look, lookAgain, type Opened, openAudit } from "../policy/audit.ts";
import { keepTrees } from "../policy/keep-trees.ts";
import { attempt, writeWhole } from "../sys/files.ts";
import { dropPatch, keepPatch, looksSame, type Picture, takePicture, writePicture } from "./audit-pictures.ts";
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
  /** What happened since the run began and whose it is; writes the four text files and the patch of DESIGN.md 8. */
  close(after: After, degraded: boolean): Promise<PolicyRecord>;
  /** Keeps what undo needs, and writes policy.json. */
  keep(policy: PolicyRecord): Promise<{ policy: PolicyRecord; warnings: string[] }>;
  /** The last look is over: copies of the workspace's files that no undo can ask for go. */
  release(policy: PolicyRecord): void;
}

/** Begins to look at once: Codex takes longer to start. */
export function startAudit({ request, dir, power, env }: RunContext): RunAudit {
  const treeDir = join(dir, "tree");
  const input: AuditInput = {
    place: { workspace: request.workspace, dir: treeDir, env },
    power: request.power,
    grants: power.grants,
    kernelClosed: power.kernelClosed,
    volatile: request.volatile,
    unproven: power.policy.withheld !== undefined,
  };
  let opened: Promise<Opened>;
  let picture: Promise<Picture> | undefined;
  if (request.git) {
    mkdirSync(treeDir, { recursive: true, mode: 0o700 });
    opened = openAudit(input);
  } else {
    opened = Promise.resolve({ failure: "the workspace is not in a git repository" });
  }

  return {
    async opened(anew) {
      let first = await opened;
      if ("failure" in first) return first.failure;
      if (anew) {
        const again = await lookAgain(input, first);
        first = "failure" in again ? again : { store: first.store, before: again };
        opened = Promise.resolve(first);
        if ("failure" in first) return first.failure;
      }
      // Taken while the model thinks, so that nobody waits for it at the end.
      picture = takePicture(first.store, first.before);
      picture.catch(() => {});
      return undefined;
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
      const same = looksSame(before.before, after);
      const pre = await (picture ?? takePicture(before.store, before.before));
      const [post] = await Promise.all([
        same ? pre : takePicture(before.store, after),
        before.before.snapshot.tree === after.snapshot.tree ? dropPatch(dir) : keepPatch(dir, before, after),
      ]);
      writePicture(dir, "pre", pre);
      writePicture(dir, "post", post);
      return { ...policy, dirty_before: pre.dirty };
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
    release({ changed, out_of_scope: outside }) {
      if (changed.length + outside.length === 0) attempt(() => rmSync(treeDir, { recursive: true, force: true }));
    },
  };
}
