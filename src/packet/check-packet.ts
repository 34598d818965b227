import type { Draft } from "./draft.ts";
import { at, fault, quoted } from "./fault.ts";
import { findRole } from "./roles/index.ts";

/** Which line each value of a packet came from. */
export type Lines = Partial<Record<keyof Draft, number>>;

/**
 * The rules that hold for a packet in either form: its mode exists, and one that only reads has nothing to write.
 * `words` are what the form calls the values that a message speaks of.
 */
export function checkPacket(draft: Draft, lines: Lines, path: string, words: { scope: string }): Draft {
  const { role: word, scope = [] } = draft;
  if (word === undefined) return draft;
  const role = at(path, lines.role ?? 1, () => findRole(word));
  if (role.power === "read" && scope.length > 0)
    throw fault(
      path,
      lines.scope ?? 1,
      `the mode ${role.name} only reads, but ${words.scope} names ${quoted(scope.join(", "))}`,
      "write none, or take a mode that writes: writer, debugger",
    );
  return { ...draft, role: role.name };
}
