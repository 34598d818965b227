import { existsSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, parse, relative, resolve, sep } from "node:path";
import { errorCode, usageError } from "../../core/errors.ts";
import type { Power } from "../../core/policy.ts";
import type { SessionRecord } from "../../core/record.ts";
import type { Role } from "../../packet/role.ts";
import { describePower, powerBeyond } from "../../policy/compare-power.ts";
import { planGrants } from "../../policy/grants.ts";
import { parseScope } from "../../policy/scope.ts";
import { fileReason } from "../../sys/files.ts";
import type { AskFlags } from "./flags.ts";

export interface PowerInput {
  flags: AskFlags;
  role: Role;
  /** The write scope, from wherever it was said, and where that was. */
  scope: { entries: readonly string[]; source: string } | undefined;
  workspace: string;
  /** Where relative paths of the scope and of --writable begin. */
  callerDir: string;
  cwd: string;
  stateHome: string;
  session: SessionRecord | undefined;
  /** Whether the role was named by the caller rather than taken from the session. */
  roleNamed: boolean;
}

/**
 * The power of a run. A session keeps what it was started with (promise 3): what was asked for and goes beyond it is
 * refused by name, because taking it silently would give more power and leaving it out would ignore a wish.
 */
export function planPower(input: PowerInput): Power {
  const { session, flags } = input;
  if (!session) return askedPower(input, undefined);
  if (!namesPower(input)) {
    // The places may have become others since.
    planGrants(input.workspace, session.power);
    return session.power;
  }
  const asked = askedPower(input, session.power);
  const beyond = powerBeyond(session.power, asked);
  if (beyond.length === 0) return asked;
  throw usageError(
    `the session ${session.broker_id} keeps what it was started with (it ${describePower(session.power)}), but ${whoAsks(input)} asks for ${beyond.join(", ")}`,
    flags.session === undefined
      ? "start a new session under another task id"
      : "leave that out, or start a new session",
  );
}

const namesPower = ({ flags, scope, roleNamed }: PowerInput): boolean =>
  roleNamed || scope !== undefined || POWER_FLAGS.some((flag) => flags[flag] !== undefined);

const POWER_FLAGS = ["sandbox", "network", "writable", "no-tmp", "env"] as const;

function whoAsks({ flags, scope, roleNamed }: PowerInput): string {
  const named = [
    ...(roleNamed ? [flags.role === undefined ? "the role" : `--role ${flags.role}`] : []),
    ...(scope ? [scope.source] : []),
    ...POWER_FLAGS.filter((flag) => flags[flag] !== undefined).map((flag) =>
      flag === "sandbox" ? `--sandbox ${flags.sandbox}` : `--${flag}`,
    ),
  ];
  return named.join(", ");
}

const MODES = { "read-only": "none", "workspace-write": "workspace", "danger-full-access": "everything" } as const;

/** What the call names, and for the rest what the session has, or the role. */
function askedPower(input: PowerInput, had: Power | undefined): Power {
  const { flags, role, scope, workspace, callerDir } = input;
  if (flags["read-only"] && flags.sandbox !== undefined && flags.sandbox !== "read-only")
    throw usageError(`--read-only and --sandbox ${flags.sandbox} contradict each other`, "give one of them");
  // A writing role in a session that writes keeps to what the session writes.
  const byRole =
    role.power === "write" ? (had && (had.write !== "none" || !input.roleNamed) ? had.write : "workspace") : "none";
  const broad = flags.sandbox === undefined ? byRole : MODES[flags.sandbox];
  // The paths of a plan's unit are the repository's, wherever the caller stands.
  const base = scope?.source.startsWith("unit ") ? workspace : callerDir;
  const patterns = scope === undefined ? undefined : parseScope(scope.entries, workspace, base);
  if (broad === "none" && scope !== undefined && patterns?.length !== 0)
    throw usageError(
      `${scope.source} opens ${scope.entries.join(", ")}, but ${flags.sandbox === "read-only" ? "--sandbox read-only" : `the role ${role.name}`} writes nothing`,
      "leave the scope out, or name a writing role with --role",
    );
  const write = narrow(broad, scope === undefined ? undefined : (patterns ?? "workspace"));
  const writable = (flags.writable ?? []).map((dir) => realDirectory(resolve(input.cwd, dir), input.stateHome));
  if (write === "none" && writable.length > 0)
    throw usageError(
      `--writable opens ${writable[0]}, but this run writes nothing`,
      "leave it out, or name a writing role",
    );
  const power: Power = {
    write,
    scope:
      patterns && write !== "none"
        ? patterns
        : had && scope === undefined && (write === "scope" || write === "everything")
          ? had.scope
          : [],
    writable: flags.writable === undefined ? (write === "none" ? [] : (had?.writable ?? [])) : writable,
    network: write === "everything" || (flags.network ?? had?.network ?? false),
    tmp: write !== "none" && !(flags["no-tmp"] ?? had?.tmp === false),
    env: flags.env ?? had?.env ?? [],
  };
  // Whatever leads outside is said now, before anything is written.
  planGrants(workspace, power);
  return power;
}

function narrow(broad: Power["write"], scope: readonly string[] | "workspace" | undefined): Power["write"] {
  if (scope === undefined || broad === "none" || broad === "everything") return broad;
  if (scope === "workspace") return "workspace";
  return scope.length === 0 ? "none" : "scope";
}

/** A directory that exists, by its real path; not one that would open everything or our records. */
function realDirectory(path: string, stateHome: string): string {
  const hint = "name a directory that exists, more than one by more options";
  let real: string;
  try {
    real = realpathSync(path);
    if (!statSync(real).isDirectory()) throw usageError(`--writable ${path} is a file`, hint);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`--writable ${path} can't be opened: ${fileReason(error)}`, hint);
  }
  const below = relative(existsSync(stateHome) ? realpathSync(stateHome) : stateHome, real);
  if (real === parse(real).root || (!below.startsWith("..") && !isAbsolute(below)))
    throw usageError(
      `--writable ${path} would open ${real === parse(real).root ? "the whole machine" : "the records of the runs"}`,
      "full access has its own name: --sandbox danger-full-access",
    );
  if (real.split(sep).includes(".git"))
    throw usageError(`--writable ${path} opens git's own folder: a hook in it would run outside the sandbox`, hint);
  if (/[*?[\]{}]/.test(real))
    throw usageError(`--writable ${path} has a wildcard character in its path, which Codex can't open`, hint);
  return real;
}
