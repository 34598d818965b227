import { AskCodexError } from "../../core/errors.ts";
import type { CodexCommand } from "../../engine/find-codex.ts";
import { runQuick } from "../../sys/run-quick.ts";
import { whyNot } from "../ask-codex-version.ts";

/** It takes 0.01 s, through a wrapper 0.1 s. */
const ANSWER_MS = 5_000;
const HINT = "install it again with `npm install -g @openai/codex`, or set ASK_CODEX_BIN to the right program";

/** The version of a program that says it is Codex (`codex-cli 0.169.0`). Throws `fatal` for one that doesn't. */
export async function findVersion(
  codex: Pick<CodexCommand, "command" | "args">,
  how: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<string> {
  const { command, args } = codex;
  const done = await runQuick({ command, args: [...args, "--version"], ...how, timeoutMs: ANSWER_MS });
  const said = done.stdout.toString("utf8").trim();
  const version = /^codex(?:-cli)? (\d\S*)$/m.exec(said)?.[1];
  if (version !== undefined && done.exitCode === 0) return version;
  const why = whyNot({ ...done, stdout: said });
  throw new AskCodexError("fatal", `${[command, ...args].join(" ")} does not work as Codex: ${why}`, { hint: HINT });
}
