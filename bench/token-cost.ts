import { readFileSync } from "node:fs";
import { join } from "node:path";
import matter from "gray-matter";
import { ROOT } from "../test/kit/lab.ts";
import type { Beat } from "../test/kit/scripted-model.ts";
import type { Context } from "./context.ts";
import { OTHER_BRIDGES } from "./other-bridges.ts";
import type { Row } from "./row.ts";

const BODY_TOKENS = 2_600;
const LISTING_TOKENS = 250;
const OUTPUT_TOKENS = 500;

/** Near enough for English and paths (CLAUDE-CODE.md 8). */
const CHARS_A_TOKEN = 4;

const ANSWER_CHARS = 600;

/** A typical piece of work: two files are changed, and the answer has 600 characters. */
const TYPICAL: Beat[] = [
  {
    patch: `*** Begin Patch
*** Update File: README.md
@@
-# a project
+# a project with a change
*** Add File: src/part-0/added.ts
+export const added = 1;
*** End Patch`,
  },
  { say: `${"What I did and why, in words. ".repeat(30).slice(0, ANSWER_CHARS - 14)}\n\nStatus: done` },
];

/** What Claude pays: for having the skill, for reading it, and for what one delegation prints. */
export async function measureTokenCost({ world, check, say }: Context): Promise<Row[]> {
  say("what Claude pays: one run");
  const { lab } = world;
  const { listing, body } = readSkill(readFileSync(join(ROOT, "SKILL.md"), "utf8"));
  lab.model.script(TYPICAL);
  check();
  const goal = "Change the head of README.md, and add a file; the tests must pass.";
  const ran = await lab.call("ask_codex", ["--scope", "README.md", "--scope", "src/part-0/", goal]);
  if (ran.code !== 0 || ran.lines.files_changed !== "2")
    throw new Error(`the delegation did not end as it should:\n${ran.stdout}${ran.stderr}`);
  // Claude Code's Bash tool gives both streams as one.
  const output = ran.stdout.length + ran.stderr.length;
  return [
    tokenRow("listing of the skill, in every conversation", listing, LISTING_TOKENS),
    tokenRow("SKILL.md, when the skill is used", body, BODY_TOKENS),
    tokenRow("output of a delegation, 2 files and 600 characters", output, OUTPUT_TOKENS),
    ...OTHER_BRIDGES.map(({ repo, listing, body }) => ({
      ...EMPTY,
      name: `listing / loaded files of ${repo}`,
      theirs: `${tokens(listing + LINE_CHARS)} / ${tokens(body)} tokens`,
    })),
  ];
}

/** The characters of a skill's line in the listing, and of what its call puts into the conversation. */
export function readSkill(text: string): { listing: number; body: number } {
  const { data, content } = matter(text, {});
  return { listing: `- ${data.name}: ${data.description}`.length, body: content.trim().length };
}

/** What stands around name and description in the listing. */
const LINE_CHARS = "- : ".length;

const EMPTY: Row = { name: "", ours: "", theirs: "", value: "", goal: "", met: "" };

/** The row of what is read by Claude, held against its goal. */
export function tokenRow(name: string, chars: number, goal: number): Row {
  const met = chars / CHARS_A_TOKEN <= goal ? ("yes" as const) : ("no" as const);
  return { ...EMPTY, name, ours: `${tokens(chars)} tokens`, goal: `≤ ${goal} tokens`, met };
}

const tokens = (chars: number): number => Math.ceil(chars / CHARS_A_TOKEN);
