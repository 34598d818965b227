import * as z from "zod";
import { usageError } from "../core/errors.ts";
import { ENGINES } from "../core/request.ts";
import type { Draft } from "./draft.ts";
import type { Layer } from "./effective.ts";
import { countText, percentText, secondsText, word } from "./values.ts";

const engine = z.enum(ENGINES, { error: `must be one of ${ENGINES.join(", ")}` });

const VARIABLES: Record<string, (text: string) => z.ZodSafeParseResult<Draft>> = {
  ASK_CODEX_MODEL: (text) => word.transform((model) => ({ model })).safeParse(text),
  ASK_CODEX_REASONING: (text) => word.transform((reasoning) => ({ reasoning })).safeParse(text),
  ASK_CODEX_TIMEOUT: (text) => secondsText.transform((timeoutS) => ({ timeoutS })).safeParse(text),
  ASK_CODEX_IDLE_TIMEOUT: (text) => secondsText.transform((idleTimeoutS) => ({ idleTimeoutS })).safeParse(text),
  ASK_CODEX_MAX_STEPS: (text) => countText.transform((maxSteps) => ({ maxSteps })).safeParse(text),
  ASK_CODEX_VERIFY_TIMEOUT: (text) => secondsText.transform((verifyTimeoutS) => ({ verifyTimeoutS })).safeParse(text),
  ASK_CODEX_MAX_PARALLEL: (text) => countText.transform((maxParallel) => ({ maxParallel })).safeParse(text),
  ASK_CODEX_QUOTA_GATE: (text) => percentText.transform((quotaGate) => ({ quotaGate })).safeParse(text),
  ASK_CODEX_ENGINE: (text) => engine.transform((name) => ({ engine: name })).safeParse(text),
};

/** What the environment says, a layer for each variable that is set, so that a value can be traced to its variable. */
export function environmentDraft(env: Readonly<Record<string, string | undefined>>): Layer[] {
  return Object.entries(VARIABLES).flatMap(([source, parse]) => {
    const text = env[source];
    if (text === undefined || text === "") return [];
    const parsed = parse(text);
    if (parsed.success) return [{ source, draft: parsed.data }];
    const message = parsed.error.issues[0]?.message ?? "is not usable";
    throw usageError(`${source} ${message} (it is ${JSON.stringify(text.slice(0, 80))})`, "correct it or unset it");
  });
}
