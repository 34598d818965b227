import { AskCodexError, messageOf } from "../core/errors.ts";
import { environmentDraft } from "../packet/environment-draft.ts";
import { readSettings } from "../packet/settings.ts";
import { settingsPaths } from "../packet/settings-paths.ts";
import { type Check, finding, ok } from "./check.ts";
import { editCommand } from "./shell-word.ts";

/** Our variables, and the settings files of the user and of the project: no run starts with a broken one. */
export const checkSettings: Check = {
  id: "settings",
  title: "Settings",
  async run(world) {
    const found: string[] = [];
    try {
      environmentDraft(world.env);
    } catch (error) {
      const name = /^ASK_CODEX_\w+/.exec(messageOf(error))?.[0];
      return finding("fail", messageOf(error), name && `unset ${name}`);
    }
    const { user, project } = settingsPaths(world.workspace, world.home());
    for (const path of [user, project]) {
      try {
        if ((await readSettings(path)) !== undefined) found.push(path);
      } catch (error) {
        if (!(error instanceof AskCodexError)) throw error;
        return finding("fail", messageOf(error), editCommand(path, world.platform));
      }
    }
    return ok(found.length === 0 ? "there are none, which is fine" : found.join(" and "));
  },
};
