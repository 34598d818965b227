import { realpathSync } from "node:fs";
import { messageOf } from "../core/errors.ts";
import {
  type Finding,
  type Omitted,
  type ReviewKind,
  type ReviewResult,
  type ReviewTarget,
  SEVERITIES,
} from "../core/review.ts";
import { attempt } from "../sys/files.ts";
import type { ChangedLines } from "./changed-lines.ts";
import { anchorsOf } from "./fingerprint.ts";
import { judgeReview } from "./judge-review.ts";
import { keepReview } from "./keep-review.ts";
import { changeLedger, readLedger } from "./ledger-file.ts";
import type { Ledger } from "./ledger-state.ts";
import { type KnownPlaces, type Located, locateFile } from "./locate-file.ts";
import type { Found } from "./match-findings.ts";
import { mergeClaims, type PlacedClaim } from "./merge-claims.ts";
import { placeClaim } from "./place-claim.ts";
import { type PartAnswer, type PartRun, readPart } from "./read-part.ts";
import { type Reconciled, reconcile, type Sighting } from "./reconcile.ts";
import { type ReviewedText, readReviewed } from "./reviewed-text.ts";
import { standingLines, wasLookedAt } from "./was-looked-at.ts";

export type { PartRun } from "./read-part.ts";

/** A review whose runs have ended, or will not be waited for any longer. */
export interface CollectInput {
  home: string;
  /** The real path of the git root. */
  workspace: string;
  /** null: a detached HEAD. */
  branch: string | null;
  /** The commit of HEAD: a detached HEAD's ledger has its name. null: a repository without a commit. */
  head: string | null;
  reviewId: string;
  kind: ReviewKind;
  target: ReviewTarget;
  focus: string | null;
  parts: readonly PartRun[];
  omitted: readonly Omitted[];
  /** What this review is about: a file that neither a part has nor `omitted` names was forgotten, and is said to be left out. */
  changes: ChangedLines;
  /** For git. */
  env: NodeJS.ProcessEnv;
  startedAt: string;
  now: Date;
}

/**
 * A result that one can trust, from the answers of the runs: what can't be read is `unparsed`, never `approve`. It is
 * kept in the state home, its Markdown also where Claude can read it, and the branch's ledger knows it. Doing so twice
 * gives the same.
 */
export async function collectReview(input: CollectInput): Promise<ReviewResult> {
  const answers = await Promise.all(input.parts.map(readPart));
  const texts = new Map<string, ReviewedText>();
  const claims = mergeClaims(await placeAll(input, answers, texts));
  const found = claims.map((claim) => ({ claim, anchors: anchorsOf(claim, textOf(texts, claim.file)) }));
  const omitted = [...input.omitted, ...forgotten(input)];
  const { findings, fixed, problem } = await askLedger(input, { answers, texts, found, omitted });
  return keepReview(input.home, {
    version: 1,
    review_id: input.reviewId,
    workspace: input.workspace,
    branch: input.branch,
    kind: input.kind,
    target: input.target,
    focus: input.focus,
    ...judgeReview(answers, findings, omitted),
    findings: findings.toSorted(worstFirst),
    fixed,
    ...(problem === undefined ? {} : { ledger_problem: problem }),
    omitted,
    shards: answers.map(({ shard }) => shard),
    tokens: sum(answers),
    output_path: null,
    started_at: input.startedAt,
    ended_at: input.now.toISOString(),
  });
}

/** Where each claim lies; what is read of the files on the way is kept for the ledger. */
async function placeAll(
  input: CollectInput,
  answers: readonly PartAnswer[],
  texts: Map<string, ReviewedText>,
): Promise<PlacedClaim[]> {
  const places: KnownPlaces = {
    roots: [input.workspace],
    changed: new Set(input.changes.map(({ file }) => file)),
    realPath: (path) => attempt(() => realpathSync(path)),
  };
  const changes = new Map(input.changes.map((one) => [one.file, one]));
  const placed: PlacedClaim[] = [];
  for (const { shard, claims } of answers) {
    for (const claim of claims) {
      const located: Located | null = claim.file === null ? null : locateFile(claim.file, places);
      const file = located !== null && "file" in located ? located.file : null;
      if (file !== null) await readInto(texts, input, file);
      const place = placeClaim(claim, located, changes.get(file ?? ""), textOf(texts, file));
      placed.push({ ...claim, run_id: shard.run_id, ...place });
    }
  }
  return placed;
}

const textOf = (texts: ReadonlyMap<string, ReviewedText>, file: string | null): ReviewedText =>
  (file === null ? undefined : texts.get(file)) ?? "unreadable";

async function readInto(texts: Map<string, ReviewedText>, input: CollectInput, file: string): Promise<void> {
  if (!texts.has(file)) texts.set(file, await readReviewed(input.workspace, input.target, file, input.env));
}

/** A changed file that no part was given and nobody speaks of: no approval may hide it. */
function forgotten({ changes, parts, omitted }: CollectInput): Omitted[] {
  const known = new Set([...parts.flatMap(({ part }) => part.files), ...omitted.map(({ file }) => file)]);
  return changes.flatMap(({ file }) => (known.has(file) ? [] : [{ file, bytes: 0, why: "no part was given it" }]));
}

interface Looked {
  answers: readonly PartAnswer[];
  texts: Map<string, ReviewedText>;
  found: readonly Found[];
  omitted: readonly Omitted[];
}

type Asked = Omit<Reconciled, "ledger"> & { problem?: string };

/** A ledger that can't be used takes no finding away: what it could not be asked is new then, and it is said. */
async function askLedger(input: CollectInput, looked: Looked): Promise<Asked> {
  const sighting = toSighting(input, looked);
  let last: Reconciled | undefined;
  try {
    for (const { file } of readLedger(input).entries) {
      const now = file === null ? undefined : (sighting.renamed.get(file) ?? file);
      if (now !== undefined && readFiles(looked).has(now)) await readInto(looked.texts, input, now);
    }
    changeLedger(input, (ledger) => {
      last = reconcile(ledger, sighting);
      return last.ledger;
    });
    return last ?? reconcile(NO_LEDGER, sighting);
  } catch (error) {
    return { ...(last ?? reconcile(NO_LEDGER, sighting)), problem: messageOf(error) };
  }
}

const NO_LEDGER: Ledger = { version: 1, branch: null, head: null, entries: [] };

function toSighting(input: CollectInput, looked: Looked): Sighting {
  const { answers, texts, found, omitted } = looked;
  const read = readFiles(looked);
  const isWhole = omitted.length === 0 && answers.every(({ shard }) => shard.review === "parsed");
  const changes = new Map(input.changes.map((one) => [one.file, one]));
  const standing = new Map<string, ReturnType<typeof standingLines>>();
  const standingIn = (file: string) => {
    const text = texts.get(file);
    if (text !== undefined && !standing.has(file)) standing.set(file, standingLines(text));
    return standing.get(file);
  };
  // What a commit of old still has says nothing of today.
  const isOld = input.target.type === "commit" && input.target.sha !== input.head;
  return {
    reviewId: input.reviewId,
    kind: input.kind,
    focus: input.focus,
    found,
    renamed: new Map(input.changes.flatMap(({ file, from }) => (from === undefined ? [] : [[from, file]]))),
    lookedAt: ({ anchors }, file) => {
      if (isOld) return false;
      return file === null ? isWhole : read.has(file) && wasLookedAt(anchors, changes.get(file), standingIn(file));
    },
  };
}

const readFiles = ({ answers }: Looked): Set<string> =>
  new Set(answers.flatMap(({ shard }) => (shard.review === "parsed" ? shard.files : [])));

const worstFirst = (one: Finding, other: Finding): number =>
  SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
  (one.file ?? "").localeCompare(other.file ?? "", "en") ||
  (one.line ?? 0) - (other.line ?? 0);

function sum(answers: readonly PartAnswer[]): ReviewResult["tokens"] {
  const known = answers.flatMap(({ tokens }) => tokens ?? []);
  if (known.length === 0) return null;
  return known.reduce((all, one) => ({
    input: all.input + one.input,
    cached: all.cached + one.cached,
    output: all.output + one.output,
  }));
}
