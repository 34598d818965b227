import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AskCodexError, errorCode, messageOf } from "../src/core/errors.ts";
import { call } from "./call.ts";
import { FILES } from "./project.ts";
import type { World } from "./world.ts";

const AUTHOR = ["-c", "user.name=demo", "-c", "user.email=demo@example.invalid", "-c", "commit.gpgsign=false"];

/** Makes the repository with the bug, all of it committed, so that git can say afterwards what was changed. */
export async function makeRepository({ repository, env }: World, signal: AbortSignal): Promise<void> {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(repository, name)), { recursive: true });
    writeFileSync(join(repository, name), text);
  }
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    [...AUTHOR, "commit", "-q", "-m", "A shop"],
  ]) {
    const { code } = await call({ command: "git", args, cwd: repository, env, signal }).catch((error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
      throw new AskCodexError("fatal", `the demo needs git (${messageOf(error)})`, { hint: "install git" });
    });
    if (code !== 0) throw new AskCodexError("failed", `git ${args.join(" ")} ended with exit code ${code}`);
  }
}
