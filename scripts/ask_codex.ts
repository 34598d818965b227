import { start } from "../src/cli/start.ts";
import { ask } from "../src/commands/ask/ask.ts";

void start(ask, import.meta.url);
