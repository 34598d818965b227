import { ENGINES, type EngineName } from "../../core/request.ts";
import { effective } from "../../packet/effective.ts";
import { environmentDraft } from "../../packet/environment-draft.ts";
import { readSettings } from "../../packet/settings.ts";
import { settingsPaths } from "../../packet/settings-paths.ts";
import { stateHome } from "../../sys/paths.ts";
import { QUOTA_GATE } from "../ask/plan-run.ts";

/** What a run in this workspace would take where its command does not say. Throws for settings that can't be read. */
export async function defaultsOf(
  workspace: string,
  env: NodeJS.ProcessEnv,
): Promise<{ engine: EngineName; quotaGate: number }> {
  const layers = environmentDraft(env);
  const { project, user } = settingsPaths(workspace, stateHome(env));
  for (const path of [project, user]) {
    const draft = (await readSettings(path))?.draft;
    if (draft) layers.push({ source: path, draft });
  }
  const { engine = ENGINES[0], quotaGate = QUOTA_GATE } = effective(layers).values;
  return { engine, quotaGate };
}
