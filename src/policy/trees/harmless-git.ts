import { gitEnvironment } from "../../sys/environment.ts";
import { type QuickFinished, runQuick } from "../../sys/run-quick.ts";
import type { GitOptions } from "./git.ts";

const HARMLESS = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false"];

/** git in the user's repository without the programs that it may name: its monitor, its hooks and its filters. */
export async function harmlessGit(
  workspace: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  options: Pick<GitOptions, "input" | "signal" | "sink"> = {},
): Promise<QuickFinished> {
  const git = (settings: readonly string[], more: readonly string[], rest: typeof options) =>
    runQuick({
      command: "git",
      args: ["-C", workspace, ...settings.flatMap((setting) => ["-c", setting]), ...more],
      cwd: workspace,
      env: gitEnvironment(env),
      ...rest,
    });
  const filters = await git(HARMLESS, ["config", "--null", "--name-only", "--get-regexp", "^filter\\."], {});
  const names = new Set(
    filters.stdout
      .toString("utf8")
      .split("\0")
      .map((key) => key.slice(0, key.lastIndexOf("."))),
  );
  names.delete("");
  // For -c a key ends at the first "=": a filter with one in its name would keep its program, so nothing is asked.
  if ([...names].some((name) => name.includes("="))) return { ...filters, exitCode: null };
  const disarmed = [...names].flatMap((name) => [`${name}.clean=`, `${name}.process=`, `${name}.required=false`]);
  return git([...HARMLESS, ...disarmed], args, options);
}
