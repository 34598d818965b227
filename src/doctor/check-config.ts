import { existsSync } from "node:fs";
import { join } from "node:path";
import { codexHomeOf } from "../gate/quota-place.ts";
import { askLogin, configFault } from "./ask-codex.ts";
import { askCodexVersion, whyNot } from "./ask-codex-version.ts";
import { type Check, finding, ok, skipped } from "./check.ts";
import { editCommand } from "./shell-word.ts";

/** Whether Codex can load its settings: it is asked, for only it knows what it takes. */
export const checkConfig: Check = {
  id: "config",
  title: "Codex's settings",
  asksCodex: true,
  async run(world) {
    const path = join(codexHomeOf(world.env), "config.toml");
    const said = await askLogin(world);
    const fault = configFault(said);
    if (fault !== undefined)
      return finding(
        "fail",
        `Codex can't load them: ${fault}`,
        editCommand(/^\/[^:]+/.exec(fault)?.[0] ?? path, world.platform),
      );
    if (said.exitCode !== null) return ok(existsSync(path) ? `${path} loads` : `there is no ${path}, which is fine`);
    if ("why" in (await askCodexVersion(world))) return skipped("not known: Codex does not work");
    return finding("fail", `codex login status: ${whyNot(said)}`, "codex login status");
  },
};
