import { dirname } from "node:path";
import { AskCodexError } from "../core/errors.ts";
import { QuotaCache } from "../core/gate.ts";
import { redact } from "../core/redact.ts";
import { toJson } from "../run/create-record.ts";
import { parseIfThere } from "../run/record.ts";
import { attempt, makePrivateDir, writeWhole } from "../sys/files.ts";
import { type Judgement, judgeQuota } from "./judge-quota.ts";
import { NO_WINDOWS, type ToldWindows, toQuotaWindow } from "./merge-quota.ts";
import { codexHomeOf, hasChatGptLogin, quotaPath } from "./quota-place.ts";

/** What the account answers, or why it does not, in a word. */
export type AccountAnswer = { windows: ToldWindows } | { why: string };

export interface QuotaState extends Judgement {
  /** Why nothing is known. */
  why: string;
  /** A file of ours that is not what we wrote, in a sentence. */
  problem?: string;
}

/**
 * How full the account of this Codex is. What runs have told counts; the account itself is asked only where that is
 * missing or old, and there is a login to ask with. Never throws.
 */
export async function checkQuota(input: {
  home: string;
  env: NodeJS.ProcessEnv;
  gate: number;
  now: Date;
  ask: (codexHome: string) => Promise<AccountAnswer>;
  /** False: what the account answers is not written down, for whoever only looks. */
  keeps?: boolean;
}): Promise<QuotaState> {
  const { home, env, gate, now, keeps = true } = input;
  const codexHome = codexHomeOf(env);
  const path = quotaPath(home, codexHome);
  const judge = (one: QuotaCache | undefined) => judgeQuota(one, gate, now.getTime());
  let cache: QuotaCache | undefined;
  try {
    cache = parseIfThere(path, QuotaCache);
  } catch (error) {
    // A state home that can't be read is named when the record is made, in words of its own.
    const isOdd = error instanceof AskCodexError && error.kind === "failed";
    const why = "what was kept of it can't be read";
    return { ...judge(undefined), why, ...(isOdd ? { problem: error.message } : {}) };
  }
  const judged = judge(cache);
  if (judged.settled) return { ...judged, why: cache?.unanswered?.why ?? "Codex does not say" };
  if (!hasChatGptLogin(codexHome))
    return { ...judged, why: "no run has told it, and there is no ChatGPT login to ask with" };
  // Of many starts at once one asks: each of the others would be a Codex of its own, for the same answer.
  if (keeps)
    attempt(() => writeQuota(path, withAnswer(cache, { why: "the account is being asked" }, { codexHome, now })));
  const learned = withAnswer(cache, await input.ask(codexHome), { codexHome, now });
  if (keeps) attempt(() => writeQuota(path, learned));
  return { ...judge(learned), why: learned.unanswered?.why ?? "the account does not say" };
}

/** An answer replaces what was known; without one that stays, and the account is left in peace for a while. */
function withAnswer(
  cache: QuotaCache | undefined,
  answer: AccountAnswer,
  { codexHome, now }: { codexHome: string; now: Date },
): QuotaCache {
  const at = now.toISOString();
  const known: QuotaCache = cache ?? {
    version: 1,
    codex_home: codexHome,
    at: new Date(0).toISOString(),
    source: "read",
    ...NO_WINDOWS,
    unanswered: null,
  };
  if ("why" in answer) return { ...known, unanswered: { at, why: answer.why } };
  const { primary, secondary } = answer.windows;
  return {
    ...known,
    at,
    source: "read",
    primary: toQuotaWindow(primary),
    secondary: toQuotaWindow(secondary),
    unanswered: null,
  };
}

export function writeQuota(path: string, cache: QuotaCache): void {
  makePrivateDir(dirname(path));
  writeWhole(path, redact(toJson(cache)));
}
