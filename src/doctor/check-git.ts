import { gitEnvironment } from "../sys/environment.ts";
import { whyNot } from "./ask-codex-version.ts";
import { type Check, finding, ok } from "./check.ts";

/** Without git a run works, and nobody can list what it changed, or take it back. */
export const checkGit: Check = {
  id: "git",
  title: "git",
  async run(world) {
    const said = await world.run({ command: "git", args: ["--version"], env: gitEnvironment(world.env) });
    const version = /\d+\.\d+\S*/.exec(said.stdout)?.[0];
    if (said.exitCode === 0 && version) return ok(version);
    const cure =
      world.platform === "darwin"
        ? "xcode-select --install"
        : world.platform === "win32"
          ? "winget install Git.Git"
          : "sudo apt-get install git";
    return finding("warn", `git can't be used, so what a run changes can't be listed: ${whyNot(said)}`, cure);
  },
};
