import { basename } from "node:path";
import picomatch from "picomatch";
import type { Omitted } from "../core/review.ts";
import type { Change } from "./list-changes.ts";

export interface ChoiceRules {
  /** Globs of what no command of a run may read, relative to the workspace. */
  secrets: readonly string[];
  /** The files and directories that are named; they are looked at whatever they are. */
  paths: readonly string[];
  /** The most that one part looks at. */
  shardBytes: number;
}

export interface Choice {
  chosen: Change[];
  omitted: Omitted[];
}

/** Files that programs write: nobody mends them by hand. */
const LOCK_FILES = new Set(
  (
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock Cargo.lock go.sum " +
    "poetry.lock uv.lock pdm.lock Pipfile.lock Gemfile.lock composer.lock mix.lock flake.lock Podfile.lock " +
    "pubspec.lock gradle.lockfile packages.lock.json Package.resolved"
  ).split(" "),
);
const GENERATED =
  /(?:\.min\.(?:js|css|mjs)|\.(?:js|css|mjs|cjs)\.map|\.snap|\.pb\.(?:go|cc|h)|_pb2(?:_grpc)?\.pyi?|\.g\.dart|\.designer\.cs|[.-]generated\.\w+)$/i;
const VENDORED = /(?:^|\/)(?:node_modules|bower_components|vendor|third[_-]party|Pods|\.yarn\/(?:cache|releases))\//i;

/** What of a change is looked at, and what is left out with the reason why. Pure. */
export function chooseFiles(changes: readonly Change[], rules: ChoiceRules): Choice {
  const isSecret = matcherOf(rules.secrets);
  const isNamed = (file: string) =>
    rules.paths.some((path) => path === "" || file === path || file.startsWith(`${path}/`));
  const choice: Choice = { chosen: [], omitted: [] };
  for (const change of changes) {
    const named = isNamed(change.file);
    if (rules.paths.length > 0 && !named) continue;
    const why = whyNever(change, isSecret) ?? (named ? undefined : whyNotByItself(change, rules.shardBytes));
    if (why === undefined) choice.chosen.push(change);
    else choice.omitted.push({ file: change.file, bytes: change.bytes, why });
  }
  return choice;
}

/** Without braces and the like in its place a path of the settings stands for what is below it, too. */
function matcherOf(globs: readonly string[]): (file: string) => boolean {
  if (globs.length === 0) return () => false;
  return picomatch([...globs, ...globs.map((glob) => `${glob}/**`)], { dot: true });
}

function whyNever(change: Change, isSecret: (file: string) => boolean): string | undefined {
  if (isSecret(change.file)) return "it may hold secrets, and no run may read it";
  if (change.submodule) return "it is a repository of its own";
  return change.file.includes("\uFFFD") ? "its name is not UTF-8" : undefined;
}

function whyNotByItself({ file, bytes, binary }: Change, shardBytes: number): string | undefined {
  if (binary) return "it is binary";
  if (LOCK_FILES.has(basename(file))) return "it is a lock file";
  if (VENDORED.test(file)) return "it is vendored";
  if (GENERATED.test(file)) return "it is generated";
  return bytes > shardBytes ? `it is larger than a part of the review (${shardBytes} bytes)` : undefined;
}
