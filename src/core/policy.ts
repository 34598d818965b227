import * as z from "zod";

/**
 * What a run may touch, as data. It is projected onto Codex's permission profile, the audit holds the run to it, the
 * session keeps it, and the receipt repeats it.
 */
export const Power = z.strictObject({
  /** `scope`: only what `scope` names; `everything` is danger-full-access. */
  write: z.enum(["none", "scope", "workspace", "everything"]),
  /**
   * Files, directories and globs below the workspace, with "/" and without a leading "./". The kernel holds it where
   * `write` is `scope`; where it is `everything` only the audit does; else it is empty.
   */
  scope: z.array(z.string()),
  /** Directories beyond that which may be written: real paths. */
  writable: z.array(z.string()),
  network: z.boolean(),
  /** Whether the machine's /tmp may be written; the run's own temporary directory always may. */
  tmp: z.boolean(),
  /** Variables of the caller that the commands see, beyond the allowlist. */
  env: z.array(z.string()),
});
export type Power = z.infer<typeof Power>;

/** One path that differs between two trees, or between two looks at the ignored files. */
export const AuditChange = z.strictObject({
  /** Relative to the workspace, with "/". Bytes that are not UTF-8 show as U+FFFD, and `path_base64` has them all. */
  path: z.string(),
  path_base64: z.string().optional(),
  change: z.enum(["created", "modified", "deleted", "renamed"]),
  /** Where a renamed file was. */
  from: z.string().optional(),
  from_base64: z.string().optional(),
  /** git's modes (100644, 100755, 120000, 160000 for a repository inside); null where there was or is none. */
  mode_before: z.string().nullable(),
  mode_after: z.string().nullable(),
  /** git's blob ids; null where there was or is none, and for ignored files, whose contents nobody keeps. */
  blob_before: z.string().nullable(),
  blob_after: z.string().nullable(),
});
export type AuditChange = z.infer<typeof AuditChange>;

/** policy.json: what the run was allowed, and what is proved to have happened. */
export const PolicyRecord = z.strictObject({
  version: z.literal(1),
  /** `unknown`: nobody can say, and `not_covered` says why. */
  status: z.enum(["ok", "violation", "unknown"]),
  policy: z.enum(["ok", "degraded", "off"]),
  power: Power,
  /** The permission profile that Codex was given; null with full access and without profiles. */
  profile: z.unknown(),
  trees: z.strictObject({ before: z.string().nullable(), after: z.string().nullable() }),
  /** The ref in the user's repository that keeps what undo needs; null when nothing changed. */
  ref: z.string().nullable(),
  /** By the run, and allowed. */
  changed: z.array(AuditChange),
  /** By the run, and not allowed: a violation. */
  out_of_scope: z.array(AuditChange),
  /** The kernel would have refused them to Codex: somebody else's. */
  concurrent: z.array(AuditChange),
  /** Files that git ignores, where the run could write: compared by size, times and inode. */
  ignored: z.strictObject({
    compared: z.int(),
    changed: z.array(AuditChange),
    elapsed_ms: z.int(),
    /** False when the time budget ran out: the rest was not compared. */
    complete: z.boolean(),
  }),
  head_moved: z.strictObject({ from: z.string().nullable(), to: z.string().nullable() }).nullable(),
  refs_changed: z.array(z.strictObject({ ref: z.string(), from: z.string().nullable(), to: z.string().nullable() })),
  index_changed: z.boolean(),
  /** Paths that differed from HEAD when the run began. */
  dirty_before: z.array(z.string()),
  /** Patterns of the settings whose changes the audit leaves out, and how many it left out. */
  volatile: z.strictObject({ patterns: z.array(z.string()), left_out: z.int() }),
  /** What the audit can't see here, in sentences. */
  not_covered: z.array(z.string()),
});
export type PolicyRecord = z.infer<typeof PolicyRecord>;
