// Not for people: what launchBroker starts, with the folder of a run's record as its one argument.
import { boot } from "../src/broker/boot.ts";

await boot(process.argv[2] ?? "", process.env);
process.exit(0);
