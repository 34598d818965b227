import { existsSync } from "node:fs";
import { join } from "node:path";
import { AskCodexError } from "../core/errors.ts";
import { readSettings, type Settings } from "../packet/settings.ts";
import { settingsPaths } from "../packet/settings-paths.ts";
import { type Check, finding, ok, skipped, type World } from "./check.ts";
import { type Installed, readInstalled } from "./read-installed.ts";
import { installCommand } from "./shell-word.ts";

/** Whether Claude Code runs our hooks, and whether the review gate is on, which is one of them. */
export const checkHooks: Check = {
  id: "hooks",
  title: "Hooks",
  async run(world) {
    const { root, platform } = world;
    const where = hooksOf(readInstalled(world));
    let gate: boolean;
    try {
      gate = await isGateOn(world);
    } catch (error) {
      if (!(error instanceof AskCodexError)) throw error;
      return skipped("not known: the settings can't be read");
    }
    if (where !== undefined) return ok(`on, ${where}; the review gate is ${gate ? "on" : "off"}`);
    if (!gate) return ok("off, and so is the review gate, which is fine: nothing needs them");
    return finding(
      "warn",
      "the review gate is on in the settings, but no hook runs it",
      // A copy that was made without them can't bring them.
      existsSync(join(root, "hooks", "hooks.json"))
        ? `${installCommand(root, platform)} --hooks`
        : `in a clone of ask-codex: ${platform === "win32" ? "powershell -File install.ps1" : "./install.sh"} --hooks`,
    );
  },
};

/** Claude Code finds them in a plugin, and in a skill's folder that has a plugin.json (CLAUDE-CODE.md 6). */
function hooksOf({ path, target, isDangling, plugin }: Installed): string | undefined {
  if (plugin !== undefined) return `by the plugin ${plugin}`;
  const files = [join(path, "hooks", "hooks.json"), join(path, ".claude-plugin", "plugin.json")];
  return target.kind !== "absent" && !isDangling && files.every((file) => existsSync(file)) ? `in ${path}` : undefined;
}

/** The project's word counts before the user's. */
async function isGateOn(world: World): Promise<boolean> {
  const { user, project } = settingsPaths(world.workspace, world.home());
  const found: (Settings | undefined)[] = [await readSettings(project), await readSettings(user)];
  return found.find((one) => one?.reviewGate !== undefined)?.reviewGate?.on ?? false;
}
