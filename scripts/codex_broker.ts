import { start } from "../src/cli/start.ts";
import { broker } from "../src/commands/broker/broker.ts";

void start(broker, import.meta.url);
