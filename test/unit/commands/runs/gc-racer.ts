import { once } from "node:events";
import { runCommand } from "../../../../src/cli/main.ts";
import { runs } from "../../../../src/commands/runs/runs.ts";
import { sampleIo } from "../../cli/sample-command.ts";

/** Waits for a word on stdin and then calls `codex_runs gc`; prints its report. */
const [home = "", gitHome = ""] = process.argv.slice(2);
const env = { PATH: process.env.PATH, HOME: gitHome, GIT_CONFIG_NOSYSTEM: "1", ASK_CODEX_HOME: home };
const io = sampleIo(["gc", "--keep", "0", "--json"], { env });
process.stdout.write("ready\n");
await once(process.stdin, "data");
await runCommand(runs, io);
process.stdout.write(io.out() || `${io.err()}\n`);
process.exit(0);
