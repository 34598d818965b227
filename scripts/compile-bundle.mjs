// Runs a bundle once and keeps what V8 compiled on the way; build.mjs calls it with the file and the arguments to run it with.
import { writeFileSync } from "node:fs";
import { cacheOf, compileBundle, runBundle } from "./bundle.mjs";

const [node = "", , file = "", ...args] = process.argv;
process.argv = [node, file, ...args];
const script = compileBundle(file);
process.on("exit", () => writeFileSync(cacheOf(file), script.createCachedData()));
runBundle(file, script);
