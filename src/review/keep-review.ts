import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { redact, redactValue } from "../core/redact.ts";
import type { ReviewResult } from "../core/review.ts";
import { writeAnswerFile } from "../run/answer-file.ts";
import { toJson } from "../run/create-record.ts";
import { writeWhole } from "../sys/files.ts";
import { makeLastingDir } from "../sys/lasting-files.ts";
import { reviewsDir } from "./ledger-file.ts";
import { renderReview } from "./render-review.ts";

/**
 * Keeps a review in the state home (`reviews/<id>/review.json` and `.md`), without secrets, and its Markdown where
 * Claude can read it. A disk that takes nothing keeps nobody from the result.
 */
export function keepReview(home: string, collected: ReviewResult): ReviewResult {
  const result = redactValue(collected);
  const { workspace, review_id: id } = result;
  const dir = join(reviewsDir(home, workspace), id);
  const visible = join(workspace, ".ask-codex", `${id}.md`);
  const asMarkdown = (path: string) => redact(renderReview({ ...result, output_path: path }, Number.POSITIVE_INFINITY));
  const shown = writeAnswerFile(workspace, id, asMarkdown(visible));
  const kept = { ...result, output_path: shown ?? join(dir, "review.md") };
  try {
    makeLastingDir(dir);
    writeWhole(join(dir, "review.md"), asMarkdown(kept.output_path));
    writeWhole(join(dir, "review.json"), redact(toJson(kept)));
    return kept;
  } catch (error) {
    return {
      ...kept,
      output_path: shown ?? null,
      reason: `${result.reason}; it could not be kept: ${messageOf(error)}`,
    };
  }
}
