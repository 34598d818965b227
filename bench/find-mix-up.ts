import type { SeenRequest } from "../test/kit/scripted-model.ts";

/** What a request to the model shows of a chain: its thread, and the words that its user has said until then. */
export interface SeenTurn {
  thread: string;
  words: string;
}

export const WORD = /word-[\w-]+/;
const WORDS = new RegExp(WORD, "g");

export function seeTurn({ body }: SeenRequest): SeenTurn {
  const said = body.input.filter(({ role }) => role === "user").flatMap(({ content = [] }) => content);
  const words = said.flatMap(({ text = "" }) => text.match(WORDS) ?? []);
  return { thread: String(body.prompt_cache_key), words: [...new Set(words)].join(" ") };
}

/**
 * Looks whether every chain had a thread of its own, which knew the words of that chain alone, one more in each turn.
 * What is wrong is said in a sentence.
 */
export function findMixUp(chains: readonly (readonly string[])[], seen: readonly SeenTurn[]): string | undefined {
  const threads = new Map<string, Set<string>>();
  for (const { thread, words } of seen) threads.set(thread, (threads.get(thread) ?? new Set()).add(words));
  const found = [...threads.values()].map((turns) => [...turns].join(", "));
  const wanted = chains.map((words) => words.map((_, at) => words.slice(0, at + 1).join(" ")).join(", "));
  const missing = wanted.find((turns) => !found.includes(turns));
  const strange = found.find((turns, at) => !wanted.includes(turns) || found.indexOf(turns) !== at);
  if (missing !== undefined) return `no thread was asked "${missing}"; one was asked "${strange ?? "nothing else"}"`;
  return strange === undefined ? undefined : `one thread too many was asked "${strange}"`;
}
