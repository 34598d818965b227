import type { Check } from "./check.ts";
import { checkBreaker } from "./check-breaker.ts";
import { checkBrokers } from "./check-brokers.ts";
import { checkBundle } from "./check-bundle.ts";
import { checkClaudeSandbox } from "./check-claude-sandbox.ts";
import { checkCodex } from "./check-codex.ts";
import { checkConfig } from "./check-config.ts";
import { checkGit } from "./check-git.ts";
import { checkHooks } from "./check-hooks.ts";
import { checkInbox } from "./check-inbox.ts";
import { checkInstall } from "./check-install.ts";
import { checkLeftovers } from "./check-leftovers.ts";
import { checkLogin } from "./check-login.ts";
import { checkNode } from "./check-node.ts";
import { checkPermissions } from "./check-permissions.ts";
import { checkQuota } from "./check-quota.ts";
import { checkRecursion } from "./check-recursion.ts";
import { checkRuns } from "./check-runs.ts";
import { checkSandbox } from "./check-sandbox.ts";
import { checkSettings } from "./check-settings.ts";
import { checkSocket } from "./check-socket.ts";
import { checkStateHome } from "./check-state-home.ts";
import { checkWorkspace } from "./check-workspace.ts";

/** Everything that the doctor looks at, in the order of its table. */
export const CHECKS: readonly Check[] = [
  checkNode,
  checkCodex,
  checkConfig,
  checkLogin,
  checkSandbox,
  checkStateHome,
  checkSocket,
  checkRecursion,
  checkClaudeSandbox,
  checkGit,
  checkWorkspace,
  checkSettings,
  checkInstall,
  checkBundle,
  checkPermissions,
  checkHooks,
  checkBreaker,
  checkQuota,
  checkRuns,
  checkInbox,
  checkLeftovers,
  checkBrokers,
];
