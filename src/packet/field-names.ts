import { nearest } from "../core/nearest.ts";

/** The upper-case fields of a packet, and what each of them is a value of. */
export const FIELDS = {
  MODE: "role",
  WORKDIR: "workspace",
  OBJECTIVE: "goal",
  "ENTRY FILES": "files",
  "WRITE SCOPE": "scope",
  "NON-GOALS": "nonGoals",
  "EXPECTED FILES": "expectFiles",
  VERIFICATION: "verify",
  DELIVERABLE: "deliverable",
  CONTEXT: "context",
  PLAN: "plan",
  "TASK ID": "taskId",
  "ALLOW DIRTY OVERLAP": "allowDirtyOverlap",
} as const;
export type FieldName = keyof typeof FIELDS;

/** Words that people write for a field of another name. */
const SYNONYMS: Record<string, FieldName> = {
  ROLE: "MODE",
  WORKSPACE: "WORKDIR",
  DIRECTORY: "WORKDIR",
  GOAL: "OBJECTIVE",
  GOALS: "OBJECTIVE",
  TASK: "OBJECTIVE",
  FILES: "ENTRY FILES",
  SCOPE: "WRITE SCOPE",
  "OUT OF SCOPE": "NON-GOALS",
  "EXPECT FILES": "EXPECTED FILES",
  VERIFY: "VERIFICATION",
  CHECKS: "VERIFICATION",
  TESTS: "VERIFICATION",
  "ACCEPTANCE CRITERIA": "VERIFICATION",
  OUTPUT: "DELIVERABLE",
  BACKGROUND: "CONTEXT",
  NOTES: "CONTEXT",
};

/** Fields that would give a run more power. */
export const POWER_FIELDS = new Set(["NETWORK", "WRITABLE", "ENV", "ENVIRONMENT", "SANDBOX", "NO TMP"]);

const isFieldName = (name: string): name is FieldName => Object.hasOwn(FIELDS, name);

/** Every name, in the order in which a packet is best written. */
export const FIELD_NAMES: readonly FieldName[] = Object.keys(FIELDS).filter(isFieldName);

/** One blank in the place of what is between the words: `NON GOALS` and `WRITE_SCOPE` are spellings, not slips. */
export const plain = (name: string): string => name.trim().replace(/[-_ ]+/g, " ");

/** The field that a written name means. */
export const findField = (written: string): FieldName | undefined =>
  FIELD_NAMES.find((name) => plain(name) === plain(written));

/** The field that was probably meant. */
export const nearestField = (written: string): string | undefined =>
  SYNONYMS[plain(written)] ?? nearest(written, FIELD_NAMES);
