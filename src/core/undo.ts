import * as z from "zod";
import { AuditChange } from "./policy.ts";

/** A path in undo.json: as the audit names it, without what git has of it. */
export const UndonePath = AuditChange.pick({
  path: true,
  path_base64: true,
  change: true,
  from: true,
  from_base64: true,
});
export type UndonePath = z.infer<typeof UndonePath>;

export const LeftPath = UndonePath.extend({ reason: z.string() });
export type LeftPath = z.infer<typeof LeftPath>;

/** What one call of `codex_runs undo` did. */
export const UndoRound = z.strictObject({
  at: z.string(),
  out_of_scope: z.boolean(),
  restored: z.array(UndonePath),
  /** They were as before the run already. */
  already: z.array(UndonePath),
  /** Left alone: somebody touched them since the run, or the disk refused. */
  conflicts: z.array(LeftPath),
  /** Left alone: nobody has their contents. */
  not_kept: z.array(LeftPath),
});
export type UndoRound = z.infer<typeof UndoRound>;

/** undo.json: one round a call, the last one last; none is replaced. */
export const UndoRecord = z.strictObject({ version: z.literal(1), run_id: z.string(), rounds: z.array(UndoRound) });
export type UndoRecord = z.infer<typeof UndoRecord>;
