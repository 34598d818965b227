import { parseArgs } from "node:util";

export const MIN_ROUNDS = 7;
const DEFAULT_ROUNDS = 9;
const MAX_ROUNDS = 999;
const DEFAULT_STARTS = 100;
const MAX_STARTS = 400;

/** What is measured, in this order. */
export const SECTIONS = ["times", "memory", "stream", "live", "audit", "background", "claude"] as const;
export type Section = (typeof SECTIONS)[number];

export const HELP = `Measures ask_codex against the Codex CLI on a scripted model: no account, no network.

Usage
  npm run bench -- [options]

Options
  --rounds N      pairs of every comparison, ${MIN_ROUNDS} or more (default: ${DEFAULT_ROUNDS})
  --skip-stream   leave the 200 MB event stream out
  --starts N      background starts at once, 1 to ${MAX_STARTS} (default: ${DEFAULT_STARTS})
  --only SECTION  one of ${SECTIONS.join(", ")}: its rows are printed, and RESULTS.md stays as it is
  -h, --help      show this help

The table goes to stdout and to bench/RESULTS.md. The exit code is 0 when all was measured, goals met or not.
`;

export interface Options {
  rounds: number;
  starts: number;
  skipStream: boolean;
  only: Section | undefined;
  help: boolean;
}

/** Reads the bench's argv; what it does not know is thrown as one sentence. */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: "string" },
      starts: { type: "string" },
      "skip-stream": { type: "boolean" },
      only: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
    strict: true,
    allowPositionals: false,
  });
  return {
    rounds: values.rounds === undefined ? DEFAULT_ROUNDS : readRounds(values.rounds),
    starts: values.starts === undefined ? DEFAULT_STARTS : readStarts(values.starts),
    skipStream: values["skip-stream"] ?? false,
    only: values.only === undefined ? undefined : readSection(values.only),
    help: values.help ?? false,
  };
}

function readRounds(text: string): number {
  const rounds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (rounds >= MIN_ROUNDS && rounds <= MAX_ROUNDS) return rounds;
  throw new Error(`--rounds must be a whole number from ${MIN_ROUNDS} to ${MAX_ROUNDS} (got ${text})`);
}

function readStarts(text: string): number {
  const starts = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (starts >= 1 && starts <= MAX_STARTS) return starts;
  throw new Error(`--starts must be a whole number from 1 to ${MAX_STARTS} (got ${text})`);
}

function readSection(text: string): Section {
  const section = SECTIONS.find((name) => name === text);
  if (section === undefined) throw new Error(`--only must be one of ${SECTIONS.join(", ")} (got ${text})`);
  return section;
}
