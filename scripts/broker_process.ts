// Not for people: what launchBroker starts, with the folder of a run's record as its one argument.
import { boot } from "../src/broker/boot.ts";

const dir = process.argv[2];
// Without a record there is nothing to do but to load everything, which is what the build wants of it.
void (dir ? boot(dir, process.env) : import("../src/broker/serve.ts")).then(() => process.exit(0));
