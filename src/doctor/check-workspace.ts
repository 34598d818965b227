import { parse } from "node:path";
import { gitEnvironment } from "../sys/environment.ts";
import { whyNot } from "./ask-codex-version.ts";
import { type Check, finding, ok } from "./check.ts";
import { shellWord } from "./shell-word.ts";

/** What a run would find in the workspace: a repository with commits, and what in it is not committed. */
export const checkWorkspace: Check = {
  id: "workspace",
  title: "Workspace",
  async run(world) {
    const { workspace, platform, env } = world;
    const there = shellWord(workspace, platform);
    if (!world.git)
      return finding(
        "warn",
        `${workspace} is no git repository: a run's changes can't be taken back`,
        // A repository of all files, or of a whole home, is nobody's wish.
        [parse(workspace).root, env.HOME, env.USERPROFILE].includes(workspace)
          ? "change into the directory of a project, or name it with --workspace"
          : `git -C ${there} init`,
      );
    const git = (...args: string[]) =>
      world.run({ command: "git", args: ["-C", workspace, ...args], env: gitEnvironment(env) });
    const [head, status] = await Promise.all([
      git("rev-parse", "--verify", "--quiet", "HEAD"),
      git("status", "--porcelain=v1", "-z"),
    ]);
    if (status.exitCode !== 0)
      return finding("warn", `git can't read ${workspace}: ${whyNot(status)}`, `git -C ${there} status`);
    const entries = status.stdout.split("\0").filter((entry) => /^[ MTADRCU?!]{2} /.test(entry)).length;
    const dirty = entries === 0 ? "clean" : `${entries} uncommitted ${entries === 1 ? "path" : "paths"}`;
    if (head.exitCode === 0) return ok(`${workspace}, ${dirty}`);
    return finding(
      "warn",
      `${workspace} has no commit yet (${dirty})`,
      `git -C ${there} commit --allow-empty -m start`,
    );
  },
};
