import { join } from "node:path";

const homeOf = (env: NodeJS.ProcessEnv): string => env.HOME ?? env.USERPROFILE ?? "";

/** Where git looks for what the user ignores and how files are converted, when the configuration does not say. */
export const configHome = (env: NodeJS.ProcessEnv): string => env.XDG_CONFIG_HOME || join(homeOf(env), ".config");

/** A path of the configuration, which may begin in the user's home. */
export const expandHome = (path: string | undefined, env: NodeJS.ProcessEnv): string | undefined =>
  path?.startsWith("~/") ? join(homeOf(env), path.slice(2)) : path;
