import { join } from "node:path";
import { listOf, permissionRules } from "../claude/permission-rules.mjs";
import { attempt, readIfThere } from "../sys/files.ts";
import { type Check, finding, ok, skipped, type World } from "./check.ts";
import { claudeDir, readInstalled } from "./read-installed.ts";
import { installCommand } from "./shell-word.ts";

/** Whether Claude Code may call the skill without asking: the rules that it needs, in the settings that it reads. */
export const checkPermissions: Check = {
  id: "permissions",
  title: "Permission rules",
  run(world) {
    const { root, platform } = world;
    const { path, target, isDangling, plugin } = readInstalled(world);
    const isSkill = target.kind !== "absent" && !isDangling;
    if (!isSkill && plugin === undefined) return skipped("not looked at: the skill is not installed for Claude Code");
    const rules = isSkill ? permissionRules(path, "skill") : permissionRules(root, "plugin");
    const cure = `${installCommand(root, platform)} --grant${isSkill ? "" : " --plugin"}`;
    const allowed = new Set<string>();
    const having: string[] = [];
    for (const file of settingsFiles(world)) {
      const text = attempt(() => readIfThere(file) ?? "") ?? "";
      const list = listOf(text, "allow");
      if (list === undefined)
        return finding("warn", `${file} is not JSON that can be read, so nobody knows what it allows`, cure);
      if (rules.some((rule) => covers(list, rule))) having.push(file);
      for (const rule of list) allowed.add(rule);
    }
    const missing = rules.filter((rule) => !covers([...allowed], rule));
    if (missing.length === 0) return ok(`all ${rules.length} are in ${having.join(" and ")}`);
    const where = having.length === 0 ? "" : ` (the others are in ${having.join(" and ")})`;
    return finding(
      "warn",
      `${missing.length} of ${rules.length} are missing, so Claude Code asks first: ${missing[0]}${missing.length > 1 ? ", …" : ""}${where}`,
      cure,
    );
  },
};

/** A rule that names the tool alone allows all that the tool does. */
const covers = (allowed: readonly string[], rule: string): boolean => {
  const tool = rule.replace(/\(.*/s, "");
  return [rule, tool, `${tool}(*)`].some((one) => allowed.includes(one));
};

const settingsFiles = (world: World): string[] => [
  join(claudeDir(world), "settings.json"),
  join(world.workspace, ".claude", "settings.json"),
  join(world.workspace, ".claude", "settings.local.json"),
];
