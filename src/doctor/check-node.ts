import { type Check, finding, ok } from "./check.ts";

const FLOOR = [20, 19] as const;

/** The floor is the launcher's, which refuses an older Node before this is loaded. */
export const checkNode: Check = {
  id: "node",
  title: "Node",
  run({ nodeVersion }) {
    const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
    const isOld = major < FLOOR[0] || (major === FLOOR[0] && minor < FLOOR[1]);
    if (!isOld) return ok(nodeVersion);
    return finding("fail", `${nodeVersion} is too old: ${FLOOR.join(".")} or newer is needed`, "nvm install --lts");
  },
};
