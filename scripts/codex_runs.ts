import { start } from "../src/cli/start.ts";
import { runs } from "../src/commands/runs/runs.ts";

void start(runs, import.meta.url);
