import { Draft } from "./draft.ts";

/** What one source says, with the name it has in `--dry-run`. */
export interface Layer {
  source: string;
  draft: Draft;
}

/** Where each value came from. */
export type Sources = Partial<Record<keyof Draft, string>>;

/**
 * One draft of many: the first layer that says something about a key wins it, whole. Lists are never merged, so that
 * what a packet says can be read in the packet.
 */
export function effective(layers: readonly Layer[]): { values: Draft; sources: Sources } {
  const values: Draft = {};
  const sources: Sources = {};
  for (const key of Draft.keyof().options) {
    const layer = layers.find(({ draft }) => draft[key] !== undefined);
    if (layer === undefined) continue;
    take(values, layer.draft, key);
    sources[key] = layer.source;
  }
  return { values, sources };
}

function take<Key extends keyof Draft>(values: Draft, from: Draft, key: Key): void {
  values[key] = from[key];
}
