import { existsSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { findMatching } from "./find-matching.ts";

/** What no command of a run may read in the workspace: globs, which Codex turns into the files that are there (CODEX.md A). */
const IN_WORKSPACE = [
  ".env*",
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "*.jks",
  "*.keystore",
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ed25519",
  ".netrc",
  ".pypirc",
  ".git-credentials",
  ".vault-token",
].map((name) => `**/${name}`);

/** And in the home directory: where programs keep keys, tokens and the conversations of other sessions. */
const IN_HOME = [
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".kube",
  ".docker/config.json",
  ".config/gcloud",
  ".config/gh",
  ".config/hub",
  ".config/op",
  ".config/git/credentials",
  ".git-credentials",
  ".netrc",
  ".npmrc",
  ".yarnrc.yml",
  ".pypirc",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".gem/credentials",
  ".terraform.d/credentials.tfrc.json",
  ".vault-token",
  ".password-store",
  ".local/share/keyrings",
  ".claude",
  ".claude.json",
  ".mozilla",
  ".config/google-chrome",
  ".config/chromium",
  "Library/Keychains",
  "Library/Application Support/Google/Chrome",
];

/** In Codex's own home: its login, its settings (keys of MCP servers stand there), and what was said to it elsewhere. */
const IN_CODEX_HOME = [
  "auth.json",
  ".credentials.json",
  "config.toml",
  "history.jsonl",
  "sessions",
  "archived_sessions",
  "log",
];

/** How deep the workspace is searched for files that a glob denies. */
export const GLOB_DEPTH = 8;

export interface SecretPlaces {
  workspace: string;
  home: string;
  codexHome: string;
  /** More paths and globs from the settings: absolute, from `~/`, or below the workspace. */
  extra: readonly string[];
}

/** Below a directory with such a character in its path every glob fails, and the sandbox then opens nothing (0.169.0). */
const WILD = /[*?[\]{}\\]/;

function withoutGlobs(workspace: string, entries: readonly string[]): string[] {
  const found = findMatching(
    workspace,
    entries.filter((entry) => WILD.test(entry)),
    GLOB_DEPTH,
  );
  return [...entries, ...found].filter((entry) => !WILD.test(entry));
}

/**
 * An entry of the settings as Codex takes it: below the workspace without `.` and `..`, else absolute. A bracket is a
 * plain character for whoever writes one, and a wildcard for Codex: any character stands in its place.
 */
function placeOf(entry: string, workspace: string, home: string): string {
  const path = entry.startsWith("~/") ? join(home, entry.slice(2)) : resolve(workspace, entry);
  const below = relative(workspace, path);
  const place = below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
  return place.replace(/[[\]]/g, "?");
}

/** The secrets of a run as Codex's profile names them: `workspace` relative to it, `paths` absolute and existing. */
export function secretsOf({ workspace, home, codexHome, extra }: SecretPlaces): {
  workspace: string[];
  paths: string[];
} {
  const named = extra.map((entry) => placeOf(entry, workspace, home));
  const paths = [
    ...IN_HOME.map((name) => join(home, name)),
    ...IN_CODEX_HOME.map((name) => join(codexHome, name)),
    ...named.filter((entry) => isAbsolute(entry)),
  ];
  // A path that is not there can't be closed: the sandbox would have to make a file in its place, and does not start
  // where it may not. Globs are looked up by Codex and may match nothing.
  const closable = (base: string) => (path: string) => /[*?[{]/.test(path) || existsSync(resolve(base, path));
  const inWorkspace = [...IN_WORKSPACE, ...named.filter((entry) => !isAbsolute(entry)).filter(closable(workspace))];
  return {
    workspace: WILD.test(workspace) ? withoutGlobs(workspace, inWorkspace) : inWorkspace,
    paths: [...new Set(paths)].filter(closable("/")),
  };
}
