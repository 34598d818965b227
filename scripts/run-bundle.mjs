// Runs a bundle without asking whether it is fresh: whoever calls this runs from the same one.
import { compileBundle, runBundle } from "./bundle.mjs";

const [node = "", , file = "", ...args] = process.argv;
process.argv = [node, file, ...args];
runBundle(file, compileBundle(file));
