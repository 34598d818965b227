import * as z from "zod";
import { TASK_ID } from "../core/packet.ts";
import { ENGINES } from "../core/request.ts";
import { checkPacket, type Lines } from "./check-packet.ts";
import { type Draft, withoutGaps } from "./draft.ts";
import { at, fault } from "./fault.ts";
import { type FrontMatter, readFrontMatter } from "./front-matter.ts";
import { list, parseKeys, TEXT, text, unlessNone, yamlCount, yamlSeconds, yesNo } from "./keyed-values.ts";
import { parseEntryFile } from "./parse-entry-file.ts";
import { parsePaths, parseScopeList } from "./path-list.ts";
import { path as filePath, word } from "./values.ts";

const MORE_POWER = "gives a run more power, and that is only given on the command line";

/** The keys of a packet in front matter. */
export const PACKET_KEYS = z.strictObject({
  version: z.literal(1, { error: "must be 1" }).optional(),
  goal: text.optional(),
  objective: text.optional(),
  role: text.optional(),
  mode: text.optional(),
  workdir: filePath.optional(),
  workspace: filePath.optional(),
  files: list.optional(),
  scope: list.optional(),
  write_scope: list.optional(),
  non_goals: list.optional(),
  verify: list.optional(),
  verification: list.optional(),
  expect_files: list.optional(),
  deliverable: text.optional(),
  context: text.optional(),
  allow_dirty_overlap: yesNo.optional(),
  plan: filePath.optional(),
  task_id: z
    .string(TEXT)
    .regex(TASK_ID, "must be letters, digits, dots, dashes and underscores, at most 64")
    .optional(),
  model: word.optional(),
  reasoning: word.optional(),
  timeout: yamlSeconds.optional(),
  idle_timeout: yamlSeconds.optional(),
  max_steps: yamlCount.optional(),
  verify_timeout: yamlSeconds.optional(),
  verify_base: yesNo.optional(),
  engine: z.enum(ENGINES, { error: `must be one of ${ENGINES.join(", ")}` }).optional(),
  schema: filePath.optional(),
});

const REFUSED = {
  network: MORE_POWER,
  writable: MORE_POWER,
  env: MORE_POWER,
  sandbox: MORE_POWER,
  // We write the answer, in no sandbox: a packet of a repository could name a hook.
  output: "says where a file is written outside the sandbox, and that is only done on the command line",
  no_tmp: "decides about power, and that is only done on the command line",
};

/** A packet as front matter and a body: the body is the goal, or the context of one that a key gives. */
export async function parseFrontMatterPacket(source: string, path: string): Promise<Draft> {
  const front = await readFrontMatter(source, path);
  const values = parseKeys({ front, path, keys: PACKET_KEYS, what: "a packet", refused: REFUSED });
  for (const pair of SAME) refuseBoth(front, path, pair);
  for (const key of ["goal", "objective", "context", "deliverable"]) refuseComment(front, path, key);
  const pathsOf = (key: string, list: string[] | undefined) =>
    list?.map((one) => ({ text: one, line: front.lineOf(key) }));
  const scopeKey = values.scope === undefined ? "write_scope" : "scope";
  const files = pathsOf("files", values.files);
  const scope = pathsOf(scopeKey, values.scope ?? values.write_scope);
  const expectFiles = pathsOf("expect_files", values.expect_files);
  const said = {
    ...goalAndContext(values.goal ?? values.objective, values.context, front.body),
    role: values.role ?? values.mode,
    workspace: values.workspace ?? values.workdir,
    files: files && at(path, front.lineOf("files"), () => parsePaths(files, path, "files").map(parseEntryFile)),
    scope: scope && parseScopeList(scope, path, scopeKey),
    nonGoals: unlessNone(values.non_goals),
    verify: unlessNone(values.verify ?? values.verification),
    expectFiles: expectFiles && parsePaths(expectFiles, path, "expect_files"),
    deliverable: values.deliverable?.trim(),
    allowDirtyOverlap: values.allow_dirty_overlap,
    plan: values.plan,
    taskId: values.task_id,
    model: values.model,
    reasoning: values.reasoning,
    timeoutS: values.timeout,
    idleTimeoutS: values.idle_timeout,
    maxSteps: values.max_steps,
    verifyTimeoutS: values.verify_timeout,
    verifyBase: values.verify_base,
    engine: values.engine,
    schema: values.schema,
  };
  const places: Lines = {
    role: front.lineOf(values.role === undefined ? "mode" : "role"),
    scope: front.lineOf(scopeKey),
  };
  return checkPacket(withoutGaps(said), places, path, { scope: scopeKey });
}

function goalAndContext(goal: string | undefined, context: string | undefined, body: string): Draft {
  const below = body.replace(/^(?:[ \t]*\n)+/, "").trimEnd();
  const all = [context?.trim(), goal === undefined ? undefined : below].filter(Boolean).join("\n\n");
  const whole = goal === undefined ? below : goal.trim();
  return { ...(whole === "" ? {} : { goal: whole }), ...(all === "" ? {} : { context: all }) };
}

/** Keys that mean the same; which of two should win nobody could tell. */
const SAME = [
  ["goal", "objective"],
  ["role", "mode"],
  ["workspace", "workdir"],
  ["scope", "write_scope"],
  ["verify", "verification"],
] as const;

function refuseBoth(front: FrontMatter, path: string, [one, two]: readonly [string, string]): void {
  if (!Object.hasOwn(front.data, one) || !Object.hasOwn(front.data, two)) return;
  const [first = one, second = two] = [one, two].sort((a, b) => front.lineOf(a) - front.lineOf(b));
  throw fault(
    path,
    front.lineOf(second),
    `${second} says the same as ${first} in line ${front.lineOf(first)}`,
    "keep one",
  );
}

/** "goal: fix issue #3" is to YAML the goal "fix issue": what was cut off would be missed by nobody but Codex. */
function refuseComment(front: FrontMatter, path: string, key: string): void {
  const source = front.sourceOf(key);
  if (!/^[^"'|>].*\s#\S/.test(source)) return;
  throw fault(path, front.lineOf(key), `YAML cuts ${key} off at the " #" in it`, "put the value in quotes");
}
