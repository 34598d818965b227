import { once } from "node:events";
import { join } from "node:path";
import { makePrivateDir } from "../../../src/sys/files.ts";

/** Waits for a word on stdin and then makes a number of deep directories; exits with 1 at the first that it can't make. */
const [dir = "", count = "1"] = process.argv.slice(2);
process.stdout.write("ready\n");
await once(process.stdin, "data");
for (let at = 0; at < Number(count); at++) makePrivateDir(join(dir, `${at}`, "a", "b", "c", "d"));
process.exit(0);
