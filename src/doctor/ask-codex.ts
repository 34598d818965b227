import { dirname } from "node:path";
import { type CodexCommand, findCodex } from "../engine/find-codex.ts";
import { codexHomeOf } from "../gate/quota-place.ts";
import { codexEnvironment } from "../sys/environment.ts";
import type { Said, World } from "./check.ts";

/**
 * Asks a Codex something small; the one that runs would use where none is named. Codex makes links to itself anew in
 * its home at every start, and leaves that be where the home lies in the temporary directory (CODEX.md surprise 16):
 * told so, it writes nothing.
 */
export function askCodex(
  world: World,
  args: readonly string[],
  codex: CodexCommand = findCodex(world.env),
): Promise<Said> {
  const env = { ...codexEnvironment(world.env, world.marker), TMPDIR: dirname(codexHomeOf(world.env)) };
  return world.run({ command: codex.command, args: [...codex.args, ...args], env });
}

/** `codex login status` loads the whole configuration on its way, in 0.012 s. */
export const askLogin = (world: World): Promise<Said> => askCodex(world, ["login", "status"]);

/** Why the configuration can't be loaded, in Codex's words; undefined where it can. */
export const configFault = ({ stdout, stderr }: Said): string | undefined =>
  /^Error (?:loading|parsing) config\w*:\s*([\s\S]+)/im.exec(`${stderr}\n${stdout}`)?.[1]?.trim();
