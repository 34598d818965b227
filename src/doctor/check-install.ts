import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { attempt, readIfThere } from "../sys/files.ts";
import { readProcess } from "../sys/process-table.ts";
import { type Check, type Fix, finding, type Outcome, ok, type World } from "./check.ts";
import { type Installed, readInstalled } from "./read-installed.ts";
import { installCommand } from "./shell-word.ts";

const NAMED = 3;

/** Whether what is installed is what this skill is: one place, one version, every file as it was put there. */
export const checkInstall: Check = {
  id: "install",
  title: "Installation",
  run(world) {
    const { root } = world;
    const again = installCommand(root, world.platform);
    const interrupted = interruptedInstall(world);
    if (interrupted) return interrupted;
    const installed = readInstalled(world);
    const { path, target, isDangling, plugin } = installed;
    if (isDangling && target.kind === "link")
      return finding("warn", `${path} is a link to ${target.to}, where nothing is`, again);
    if (target.kind !== "absent" && plugin !== undefined)
      return finding(
        "warn",
        `it is installed twice, in ${path} and as the plugin ${plugin}: Claude lists both`,
        `claude plugin uninstall ${plugin}`,
      );
    const version = versionOf(root);
    const theirs = target.kind === "copy" ? versionOf(path) : version;
    if (theirs !== version)
      return finding("warn", `${path} has the version ${theirs}, and this is ${version} in ${root}`, again);
    return changedFiles(installed, again, world) ?? ok(describe(installed, version, root));
  },
};

function describe({ path, target, plugin }: Installed, version: string, root: string): string {
  if (target.kind === "link") return `${version}, ${path} is a link to ${target.to}`;
  if (target.kind === "copy") return `${version} in ${path}`;
  return plugin === undefined
    ? `${version} in ${root}, not in Claude Code's skills`
    : `${version}, the plugin ${plugin}`;
}

const Package = z.looseObject({ version: z.string() });

const versionOf = (dir: string): string =>
  attempt(() => Package.parse(JSON.parse(readFileSync(join(dir, "package.json"), "utf8"))).version) ?? "unknown";

/** What of an installed copy is not as the installer left it. */
function changedFiles({ path, target }: Installed, again: string, { root, installer }: World): Outcome | undefined {
  if (target.kind !== "copy" || target.manifest === undefined) return undefined;
  const { files, sha256 } = target.manifest;
  const missing = files.filter((name) => !existsSync(join(path, name)));
  const changed = files.filter(
    (name) =>
      !missing.includes(name) && sha256[name] !== undefined && sha256[name] !== installer.hashOf(join(path, name)),
  );
  if (missing.length + changed.length === 0) return undefined;
  const said = [...count(missing, "missing"), ...count(changed, "changed since the install")];
  return finding("warn", `${path}: ${said.join("; ")}`, sameDir(path, root) ? `${again}  # of a fresh clone` : again);
}

const count = (names: readonly string[], word: string): string[] =>
  names.length === 0
    ? []
    : [
        `${names.length} ${names.length === 1 ? "file is" : "files are"} ${word} (${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? ", …" : ""})`,
      ];

const sameDir = (one: string, other: string): boolean =>
  attempt(() => realpathSync(one) === realpathSync(other)) ?? false;

const LockOwner = z.looseObject({ pid: z.int(), started: z.string().nullable().catch(null) });

/** An install that died under way: its lock may hold what was installed before. */
function interruptedInstall(world: World): Outcome | undefined {
  const { env, workspace, platform, installer } = world;
  const target = installer.targetOf(env, workspace, platform);
  const lock = join(dirname(target), installer.LOCK);
  const owner = attempt(() => LockOwner.parse(JSON.parse(readIfThere(join(lock, "owner.json")) ?? "")));
  if (owner === undefined) return undefined;
  const row = readProcess(owner.pid);
  if (row && !row.zombie && (owner.started === null || row.startTime === owner.started)) return undefined;
  const fix: Fix = {
    says: `take over the lock ${lock} of a dead install, put back what it left half done, and give the lock back`,
    async run() {
      await installer.changeTarget(
        target,
        () => {},
        () => {},
      );
      return `gave back the lock ${lock}`;
    },
  };
  return finding(
    "warn",
    `an install was interrupted and left its lock ${lock}`,
    `${world.self("codex_doctor")} --fix`,
    fix,
  );
}
