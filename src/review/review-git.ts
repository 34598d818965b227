import { usageError } from "../core/errors.ts";
import { harmlessGit } from "../policy/trees/harmless-git.ts";
import type { QuickFinished } from "../sys/run-quick.ts";

/** git in the repository that is reviewed; none of the repository's programs is run, and nothing is written. */
export interface ReviewGit {
  workspace: string;
  env: NodeJS.ProcessEnv;
}

export const askGit = (
  { workspace, env }: ReviewGit,
  args: readonly string[],
  sink?: (piece: Buffer) => boolean,
): Promise<QuickFinished> => harmlessGit(workspace, env, args, sink === undefined ? {} : { sink });

/** What git printed; where it failed, that is said as bad input: nothing can be reviewed then. */
export async function mustGit(
  git: ReviewGit,
  args: readonly string[],
  sink?: (piece: Buffer) => boolean,
): Promise<Buffer> {
  const done = await askGit(git, args, sink);
  if (done.exitCode === 0) return done.stdout;
  const said = (done.failure ?? done.stderr).trim().split("\n").at(-1) || `exit ${done.exitCode}`;
  throw usageError(
    `git ${args[0]} failed in ${git.workspace}: ${said}`,
    "mend the repository first (git status, git fsck)",
  );
}
