import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../kit/lab.ts";
import { playBare, playOurs } from "./play.ts";
import { type Recording, RUNS, recordedFiles } from "./recording.ts";
import type { Entry } from "./scenario.ts";
import { ENTRIES } from "./scenarios/index.ts";

const HELP = `Records the corpus: each scenario through ask_codex on its engines, and through bare codex exec.

  npm run corpus -- [--only TEXT]… [--family NAME] [--missing] [--jobs N]

  --only TEXT     only scenarios whose name has this in it; may be repeated
  --family NAME   only this family
  --missing       only what has no recording yet
  --jobs N        so many at a time (3)
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    family: { type: "string" },
    missing: { type: "boolean", default: false },
    jobs: { type: "string", default: "3" },
    help: { type: "boolean", default: false },
  },
});
const jobs = Number(values.jobs);
if (values.help) process.stdout.write(HELP);
else if (!Number.isInteger(jobs) || jobs < 1 || jobs > 8) refuse(`--jobs is ${values.jobs}, not a number from 1 to 8`);
else process.exitCode = await recordAll(chosen(), jobs);

function refuse(why: string): void {
  process.stderr.write(`${why}; see --help\n`);
  process.exitCode = 64;
}

function chosen(): Map<string, Entry[]> {
  const there = new Set(values.missing ? recordedFiles() : []);
  const wanted = ENTRIES.filter(
    ({ name, family, file }) =>
      (values.only === undefined || values.only.some((text) => name.includes(text))) &&
      (values.family === undefined || values.family === family) &&
      !there.has(file),
  );
  const byName = new Map<string, Entry[]>();
  for (const entry of wanted) byName.set(entry.name, [...(byName.get(entry.name) ?? []), entry]);
  return byName;
}

/** Records each scenario on all its engines; the exit code. One that goes wrong is said and does not stop the others. */
async function recordAll(scenarios: Map<string, Entry[]>, atOnce: number): Promise<number> {
  if (scenarios.size === 0) process.stderr.write("there is nothing to record by these options\n");
  mkdirSync(RUNS, { recursive: true });
  const files = new Set(ENTRIES.map(({ file }) => file));
  for (const file of recordedFiles().filter((name) => !files.has(name))) rmSync(join(RUNS, file));
  const waiting = [...scenarios.values()];
  const failed: string[] = [];
  const work = async () => {
    for (let entries = waiting.shift(); entries !== undefined; entries = waiting.shift()) {
      const [name] = entries.map((entry) => entry.name);
      try {
        await recordOne(entries);
      } catch (error) {
        failed.push(name ?? "");
        process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  execFileSync(join(ROOT, "node_modules", ".bin", "biome"), ["format", "--write", RUNS], { stdio: "ignore" });
  if (failed.length > 0) process.stderr.write(`not recorded: ${failed.join(", ")}\n`);
  return failed.length > 0 ? 1 : 0;
}

async function recordOne(entries: readonly Entry[]): Promise<void> {
  const [first] = entries;
  if (!first) return;
  const bare = await playBare(first);
  for (const entry of entries) {
    const recording: Recording = { ...(await playOurs(entry)), bare };
    writeFileSync(join(RUNS, entry.file), `${JSON.stringify(recording, null, 2)}\n`);
    const { verdict } = recording.receipt;
    const odd = verdict === entry.verdict && recording.exit === entry.exit ? "" : "   NOT AS LABELLED";
    process.stdout.write(
      `${entry.file}: ${verdict} ${recording.exit} (label ${entry.verdict} ${entry.exit}), bare ${bare.exit}${odd}\n`,
    );
  }
}
