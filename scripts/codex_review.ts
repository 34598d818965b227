import { start } from "../src/cli/start.ts";
import { review } from "../src/commands/review/review.ts";

void start(review, import.meta.url);
