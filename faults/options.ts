import { parseArgs } from "node:util";
import { FAULTS, isSelector, POINTS, type Selection } from "./cases.ts";

const DEFAULT_SEED = 1;
const DEFAULT_JOBS = 3;
const DEFAULT_STOP_SECONDS = 10;
export const DEFAULT_WITHIN_SECONDS = 2;

export const HELP = `Injures live sessions of the real Codex at named moments, and asserts what codex_broker promises then.

Usage
  npm run faults -- [options]

Options
  --seed N          decides the moment within each point, and the sample (default: ${DEFAULT_SEED})
  --sample K        K points of each fault instead of all ${POINTS.length}
  --only NAME       a point, a fault or POINT/FAULT; repeatable
  --jobs N          cases side by side (default: ${DEFAULT_JOBS})
  --stop-seconds S  how long SIGSTOP holds the broker (default: ${DEFAULT_STOP_SECONDS})
  --within S        a reader must tell the truth within S seconds (default: ${DEFAULT_WITHIN_SECONDS}, which is what is promised)
  --keep            leave the world of a failed case, and say where it is
  -h, --help        show this help

Points
${inLines(POINTS)}
Faults
${inLines(FAULTS)}
The table goes to stdout, progress to stderr. The exit code is 0 when every case held, else 1.
`;

export interface Options extends Selection {
  jobs: number;
  stopSeconds: number;
  withinSeconds: number;
  keep: boolean;
  help: boolean;
}

/** Reads the campaign's argv; what it does not know is thrown as one sentence. */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: "string" },
      sample: { type: "string" },
      only: { type: "string", multiple: true },
      jobs: { type: "string" },
      "stop-seconds": { type: "string" },
      within: { type: "string" },
      keep: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
    strict: true,
    allowPositionals: false,
  });
  const whole = (name: "seed" | "sample" | "jobs" | "stop-seconds" | "within", from: number, to: number) =>
    values[name] === undefined ? undefined : readWhole(name, values[name], from, to);
  const sample = whole("sample", 1, POINTS.length);
  const only = values.only ?? [];
  for (const word of only)
    if (!isSelector(word)) throw new Error(`--only must be a point, a fault or POINT/FAULT (got ${word})`);
  return {
    seed: whole("seed", 0, 2 ** 31 - 1) ?? DEFAULT_SEED,
    ...(sample === undefined ? {} : { sample }),
    only,
    jobs: whole("jobs", 1, 64) ?? DEFAULT_JOBS,
    stopSeconds: whole("stop-seconds", 1, 120) ?? DEFAULT_STOP_SECONDS,
    withinSeconds: whole("within", 1, 120) ?? DEFAULT_WITHIN_SECONDS,
    keep: values.keep ?? false,
    help: values.help ?? false,
  };
}

function readWhole(name: string, text: string, from: number, to: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new Error(`--${name} must be a whole number from ${from} to ${to} (got ${text})`);
}

function inLines(names: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < names.length; at += 6) lines.push(`  ${names.slice(at, at + 6).join(", ")}\n`);
  return lines.join("");
}
