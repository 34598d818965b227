import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ReviewResult } from "../../src/core/review.ts";
import type { Called, Lab } from "./lab.ts";
import type { Beat } from "./scripted-model.ts";

/** What Codex's own reviewer answers, in its own form (0.169.0). */
export const nativeAnswer = (file: string, line = 1, title = "[P1] The total is wrong"): string =>
  JSON.stringify({
    findings: [
      {
        title,
        body: `${title} because of a sign.`,
        confidence_score: 0.9,
        priority: 1,
        code_location: { absolute_file_path: file, line_range: { start: line, end: line } },
      },
    ],
    overall_correctness: "patch is incorrect",
    overall_explanation: "One thing is broken.",
    overall_confidence_score: 0.8,
  });

/** What an ordinary turn answers. */
export const ourAnswer = (file: string | null, more: object = {}): string =>
  JSON.stringify({
    summary: "Looked at all of it.",
    findings: [
      {
        severity: "high",
        file,
        line: file === null ? null : 1,
        end_line: null,
        claim: "The queue loses a message when two take it.",
        evidence: "take() reads and then deletes.",
        suggestion: "Delete and read in one step.",
        ...more,
      },
    ],
  });

export const NOTHING_FOUND = JSON.stringify({ summary: "Nothing found.", findings: [] });

/** A reviewer that tries to write first. */
export const tryingToWrite = (answer: string, more: Partial<Beat> = {}): Beat[] => [
  {
    run: "echo hacked >> a.txt; touch hacked.txt; git add -A; echo done",
    usage: { input: 500, cached: 100, output: 7 },
  },
  {
    say: answer,
    deltas: [answer.slice(0, 20), answer.slice(20)],
    usage: { input: 1000, cached: 200, output: 33 },
    ...more,
  },
];

export const FILES = { "a.txt": "one\n", "src/b.ts": "export const b = 1;\n" };

/** A change in one file that git knows and one that it does not. */
export function changeSome(lab: Lab): void {
  writeFileSync(join(lab.workspace, "a.txt"), "two\n");
  writeFileSync(join(lab.workspace, "new.txt"), "n\n");
}

export const commitAll = (lab: Lab, message: string): void => {
  lab.git("add", "-A");
  lab.git("-c", "user.name=lab", "-c", "user.email=lab@example.invalid", "commit", "-q", "-m", message);
};

export const resultOf = ({ stdout, stderr }: Called): ReviewResult => {
  try {
    return ReviewResult.parse(JSON.parse(stdout));
  } catch (error) {
    throw new Error(`${String(error)}\n${stdout}\n${stderr}`);
  }
};

/** What the reviewer was asked, in the request that began each run. */
export const askedOf = (lab: Lab): string[] =>
  lab.model.requests.flatMap(({ body }) => {
    const last = body.input.at(-1);
    return last?.type === "message" && last.role === "user"
      ? [(last.content ?? []).map(({ text }) => text ?? "").join("")]
      : [];
  });
