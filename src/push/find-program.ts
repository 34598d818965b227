import { accessSync, constants, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { readVariable } from "../sys/environment.ts";
import { attempt } from "../sys/files.ts";
import { PLATFORM } from "../sys/platform.ts";

/**
 * The file that a program's name means for somebody who stands in `cwd` and has `env`, absolute; or why it can't be
 * started, as the end of a sentence. A name with a slash is a path, any other is looked for on PATH.
 */
export function findProgram(
  name: string,
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
  platform = PLATFORM,
): { path: string } | { problem: string } {
  const isPath = name.includes("/") || (platform === "win32" && name.includes("\\"));
  const dirs = isPath
    ? [""]
    : (readVariable(env, "PATH", platform) ?? "").split(platform === "win32" ? ";" : ":").map((dir) => dir || ".");
  let problem = isPath ? "there is no such file" : "no program with this name is on PATH";
  for (const dir of dirs) {
    for (const ending of endings(name, env, platform)) {
      const path = resolve(cwd, join(dir, `${name}${ending}`));
      const found = whyNot(path, platform);
      if (found === undefined) return { path };
      if (found !== "") problem = found;
    }
  }
  return { problem };
}

/** On Windows a name may do without its ending. */
function endings(name: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  if (platform !== "win32") return [""];
  const known = (readVariable(env, "PATHEXT", platform) || ".COM;.EXE;.BAT;.CMD").split(";").filter(Boolean);
  const isNamed = known.some((ending) => extname(name).toLowerCase() === ending.toLowerCase());
  return isNamed ? [""] : known;
}

/** "" for a file that is not there, undefined for one that can be started. */
function whyNot(path: string, platform: NodeJS.Platform): string | undefined {
  const found = attempt(() => statSync(path));
  if (found === undefined) return "";
  if (!found.isFile()) return found.isDirectory() ? "it is a directory" : "it is no file";
  if (attempt(() => accessSync(path, constants.X_OK) ?? true) === undefined) return "it may not be executed";
  return platform === "win32" && /\.(?:bat|cmd)$/i.test(path)
    ? "Windows starts a batch file by its shell only: add --notify-shell"
    : undefined;
}
