import { start } from "../src/cli/start.ts";
import { hook } from "../src/commands/hook/hook.ts";

void start(hook, import.meta.url);
