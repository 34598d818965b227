import { findCodex } from "../engine/find-codex.ts";
import { checkQuota as askQuota } from "../gate/quota.ts";
import { type Check, finding, ok, skipped } from "./check.ts";

/** How full the account is, asked in the way of the gate: it itself only where nothing fresh is known. */
export const checkQuota: Check = {
  id: "quota",
  title: "Quota",
  asksCodex: true,
  async run(world) {
    const { env, now, marker } = world;
    const { quotaGate: gate } = await world.defaults();
    const quota = await askQuota({
      home: world.home(),
      env,
      gate,
      now,
      keeps: false,
      ask: async (codexHome) => {
        const { readLimits } = await import("../engine/app-server/read-limits.ts");
        return readLimits({ codex: findCodex(env), cwd: codexHome, env, marker: `${marker}.quota` });
      },
    });
    if (quota.problem !== undefined) return finding("warn", quota.problem);
    const { known, window, used_percent: used, resets_at: resets } = quota.finding;
    if (!known) return skipped(`not known: ${quota.why}`);
    const said = `${used} % of the ${window} limit are used${resets === null ? "" : `, it resets at ${resets}`}`;
    if (quota.closed)
      return finding("fail", `${said}; the gate is at ${gate} %`, `${world.self("ask_codex")} --park "…"`);
    return ok(said);
  },
};
