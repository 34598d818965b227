import { usageError } from "../core/errors.ts";

/** An option that is taken and ignored would be a lie: one of another verb is bad input, by the names of its owners. */
export function refuseOthers(
  command: string,
  word: string,
  verbs: Record<string, { options: readonly string[] }>,
  flags: object,
): void {
  const own = verbs[word]?.options ?? [];
  for (const [name, value] of Object.entries(flags)) {
    const owners = Object.keys(verbs).filter((other) => verbs[other]?.options.includes(name));
    if (value !== undefined && owners.length > 0 && !own.includes(name))
      throw usageError(`--${name} is for ${command} ${owners.join(" and ")}`, `leave it out of ${command} ${word}`);
  }
}
