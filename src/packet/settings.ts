import { lstatSync } from "node:fs";
import * as z from "zod";
import { errorCode, usageError } from "../core/errors.ts";
import { ENGINES } from "../core/request.ts";
import { REVIEW_KINDS, SEVERITIES } from "../core/review.ts";
import { fileReason } from "../sys/files.ts";
import { type Draft, withoutGaps } from "./draft.ts";
import { fault } from "./fault.ts";
import { hasFrontMatter, readFrontMatter } from "./front-matter.ts";
import { list, parseKeys, saying, unlessNone, yamlCount, yamlPercent, yamlSeconds, yesNo } from "./keyed-values.ts";
import { plainText, readText } from "./read-text.ts";
import { shownPath } from "./shown-path.ts";
import { word } from "./values.ts";

const MAX_BYTES = 64 * 1024;
const NO_POWER = "can't stand in settings: a file in a repository must not give a run power";

/** What a settings file says: values that any source may give, and what only settings can. */
export interface Settings {
  draft: Draft;
  /** Paths and globs that no command may read, beyond the list that always holds. */
  deny: string[];
  /** Globs that the audit leaves out. */
  volatile: string[];
  dirtyOverlap?: "refuse" | "allow";
  /** Whether Claude hands work over without being asked to. */
  delegate?: boolean;
  /** What is said of the review gate; a list of keys switches it on. */
  reviewGate?: ReviewGateSaid;
}

export interface ReviewGateSaid extends z.infer<typeof GATE_KEYS> {
  on: boolean;
}

/** The gate has to be over before Claude Code stops its hook. */
const LONGEST_GATE_S = 840;

const GATE_KEYS = z.strictObject({
  /** A finding that is less severe never holds Claude up. */
  severity: z.enum(SEVERITIES).optional(),
  kind: z.enum(REVIEW_KINDS).optional(),
  rounds: yamlCount.refine((rounds) => rounds >= 1 && rounds <= 3, { error: "must be 1, 2 or 3" }).optional(),
  timeout: yamlSeconds
    .refine((seconds) => seconds >= 1 && seconds <= LONGEST_GATE_S, {
      error: `must be a number of seconds from 1 to ${LONGEST_GATE_S}`,
    })
    .optional(),
  tokens: yamlCount.optional(),
});

const REVIEW_GATE = z.union(
  [yesNo, GATE_KEYS],
  saying(
    `must be on, off, or keys of it: severity (${SEVERITIES.join(", ")}), kind (${REVIEW_KINDS.join(", ")}), rounds (1 to 3), timeout (1 to ${LONGEST_GATE_S} seconds), tokens (0 for no limit)`,
  ),
);

/** The keys of a settings file. */
export const SETTINGS_KEYS = z.strictObject({
  model: word.optional(),
  reasoning: word.optional(),
  timeout: yamlSeconds.optional(),
  idle_timeout: yamlSeconds.optional(),
  max_steps: yamlCount.optional(),
  verify_timeout: yamlSeconds.optional(),
  engine: z.enum(ENGINES, { error: `must be one of ${ENGINES.join(", ")}` }).optional(),
  verify: list.optional(),
  verify_base: yesNo.optional(),
  gates: z
    .strictObject(
      {
        strict: yesNo.optional(),
        quota: yamlPercent.optional(),
        dirty_overlap: z.enum(["refuse", "allow"], { error: "must be refuse or allow" }).optional(),
      },
      saying("must be a list of keys"),
    )
    .optional(),
  max_parallel: yamlCount.optional(),
  auto_review: yesNo.optional(),
  deny: list.optional(),
  volatile: list.optional(),
  delegate: yesNo.optional(),
  review_gate: REVIEW_GATE.optional(),
});

const REFUSED = {
  network: NO_POWER,
  writable: NO_POWER,
  env: NO_POWER,
  sandbox: NO_POWER,
  scope: NO_POWER,
  write_scope: NO_POWER,
  no_tmp: NO_POWER,
};

/** The settings in the front matter of a file; the text below it is for people. */
export async function parseSettings(text: string, path: string): Promise<Settings> {
  const plain = plainText(text, path);
  if (plain.trim() === "") return { draft: {}, deny: [], volatile: [] };
  if (!hasFrontMatter(plain))
    throw fault(path, 1, "settings are front matter, and there is none", "begin the file with a line that is only ---");
  const front = await readFrontMatter(plain, path);
  const values = parseKeys({ front, path, keys: SETTINGS_KEYS, what: "settings", refused: REFUSED });
  const { gates = {}, deny = [], volatile = [], delegate, review_gate: reviewGate } = values;
  const all = volatile.find((glob) => /^[./*?{},]*$/.test(glob));
  if (all !== undefined)
    throw fault(
      path,
      front.lineOf("volatile"),
      `volatile has ${JSON.stringify(all)}, which would leave the whole audit out`,
      "name what changes by itself",
    );
  const said = {
    model: values.model,
    reasoning: values.reasoning,
    timeoutS: values.timeout,
    idleTimeoutS: values.idle_timeout,
    maxSteps: values.max_steps,
    verifyTimeoutS: values.verify_timeout,
    engine: values.engine,
    verify: unlessNone(values.verify),
    verifyBase: values.verify_base,
    strict: gates.strict,
    quotaGate: gates.quota,
    maxParallel: values.max_parallel,
    autoReview: values.auto_review,
    allowDirtyOverlap: gates.dirty_overlap === undefined ? undefined : gates.dirty_overlap === "allow",
  };
  return {
    draft: withoutGaps(said),
    deny,
    volatile,
    ...(gates.dirty_overlap === undefined ? {} : { dirtyOverlap: gates.dirty_overlap }),
    ...(delegate === undefined ? {} : { delegate }),
    ...(reviewGate === undefined
      ? {}
      : { reviewGate: typeof reviewGate === "boolean" ? { on: reviewGate } : { on: true, ...reviewGate } }),
  };
}

/** The settings in a file, or undefined when there is none. A link is refused: it could lead out of the repository. */
export async function readSettings(path: string): Promise<Settings | undefined> {
  try {
    if (lstatSync(path).isSymbolicLink())
      throw usageError(`the settings ${shownPath(path)} are a symbolic link`, "put the file itself there");
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw usageError(`the settings ${shownPath(path)} can't be read: ${fileReason(error)}`, "mend or remove them");
  }
  return parseSettings(readText(path, "settings file", MAX_BYTES), path);
}
